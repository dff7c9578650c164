keepDrawn(() => drawChart(find(".tm-chart"), props.value));
