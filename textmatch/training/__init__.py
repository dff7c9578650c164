"""Training: files → labelled pairs → batches → network → loss → best epoch → checkpoint folder."""
