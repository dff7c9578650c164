const draw = () => drawTable(find(".tm-table"), props.value);

draw();
watch("value", draw);
