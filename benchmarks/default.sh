#!/usr/bin/env bash
# Make the default checkpoint from that of version 0.6: corpora, made pairs, six runs, means of them, calibration, card.
#
#     bash benchmarks/default.sh ../shared/data ../default
#
# DATA is a folder with the corpora, as benchmarks/corpora.py expects it. All that is made goes to WORK: the checkpoint is
# WORK/default. A stage that is done is not run again, and a run goes on after its last whole epoch: the same command
# continues what was interrupted.
set -euo pipefail

data=$1 work=$2
version_0_6=0551a82d30e4 # the commit with the checkpoint to start from
mkdir -p "$work"

made() { # FOLDER COMMAND ...: run a command that writes a folder, unless it is there; what it writes is only there whole
    [ -e "$1" ] || { rm -rf "$1.part" && "${@:2}" "$1.part" && mv "$1.part" "$1"; }
}
start() { mkdir "$1" && git archive "$version_0_6" checkpoints/default | tar -x -C "$1" --strip-components 2; }
kinds() { python -m benchmarks.paraphrases paraphrases/kinds --output "$1"; }
generated() { python -m textmatch.training.generate "$1" "$data"/unlabelled/*.txt.gz "$work/kinds/train.txt"; }

made "$work/start" start
made "$work/corpora" python -m benchmarks.corpora "$data"
made "$work/kinds" kinds
made "$work/generated" generated

# Mostly what was written for the kinds of everyday pairs, with some of everything else, so that it is not forgotten.
also=("$work"/corpora/{atec,bq,covid,chip2019,stsb,pawsx} paraphrases)
train() { # OUTPUT START WEIGHT-OF-OTHER-CORPORA WEIGHT-OF-KINDS WEIGHT-OF-GENERATED OPTION ...; LCQMC has the weight 1
    local output=$1 start=$2 other=$3 kinds=$4 generated=$5 resume=()
    [ -e "$output.training/progress.json" ] && resume=(--resume)
    [ -d "$output" ] || python train.py --data "$data"/lcqmc/{train,dev}.tsv.gz --also "${also[@]}" "$work/kinds" \
        --generated "$work/generated" --weights "${also[@]/*/$other}" "$kinds" "$generated" \
        --dev-also benchmarks/everyday/dev.tsv --init "$start" --max-words 19800 \
        --dropout 0.1 --contrastive-weight 0.3 --output "$output" "${@:6}" "${resume[@]}"
}
mean() { # OUTPUT CHECKPOINT ...: the mean of their weights, calibrated and evaluated
    [ -d "$1" ] || python train.py --data "$data/lcqmc" --also "${also[@]}" --dev-also benchmarks/everyday/dev.tsv \
        --init "${@:2}" --epochs 0 --output "$1"
}
large=(--epoch-share 0.1 --learning-rate 7e-4 --warmup 0.1 --batch-size 256)
small=(--learning-rate 5e-4 --batch-size 64)
train "$work/first" "$work/start" 1 6 1.5 "${large[@]}" --epochs 1 --seed 1
train "$work/second" "$work/first" 1 6 1.5 "${large[@]}" --epochs 2 --seed 2
train "$work/third" "$work/second" 1 10 1.5 "${small[@]}" --epochs 1 --epoch-share 0.1 --warmup -1 --seed 7
train "$work/fourth" "$work/third" 1 12 2 "${small[@]}" --epochs 2 --epoch-share 0.05 --warmup 0.1 --seed 11
mean "$work/default-0.8" "$work"/{fourth,fourth,fourth,second,second,start}
train "$work/fifth" "$work/default-0.8" 0.5 6 1 "${small[@]}" --epochs 1 --epoch-share 0.26 --warmup 0.1 --seed 13
mean "$work/mean" "$work"/{fifth,default-0.8}
train "$work/sixth" "$work/mean" 0.5 6 1 "${small[@]}" --epochs 1 --epoch-share 0.06 --warmup 0.1 --seed 22
mean "$work/default" "$work"/{sixth,default-0.8}
