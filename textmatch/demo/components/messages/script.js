const draw = () => setText(find(".tm-answer"), fill(props.value));

draw();
watch("value", draw);
