const draw = () => drawTable(find(".tm-table"), props.value);

keepDrawn(draw);
