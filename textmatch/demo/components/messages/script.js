const draw = () => setText(find(".tm-answer"), fill(props.value));

keepDrawn(draw);
