package carve.bench.ablation;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.CategoryStyler;

/** The ablations as one picture: a panel for each, a bar for each variant. */
final class AblationPlot {
    private static final Color INK = new Color(0x2F6DB5);

    private AblationPlot() {}

    static void write(Map<Paper, Scores> all, Path file) throws IOException {
        List<CategoryChart> charts = new ArrayList<>();
        all.forEach((paper, scores) ->
                paper.tables().forEach(table -> charts.add(chart(paper.name() + ": " + table.title(), table, scores))));
        int columns = charts.size() % 3 == 0 ? 3 : charts.size() % 2 == 0 ? 2 : 1; // every place must have a chart
        BitmapEncoder.saveBitmap(charts, charts.size() / columns, columns, file.toString(), BitmapFormat.PNG);
    }

    private static CategoryChart chart(String title, Paper.Table table, Scores scores) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(820)
                .height(360)
                .title(title)
                .yAxisTitle("% of the teacher's accuracy")
                .build();
        CategoryStyler style = chart.getStyler();
        style.setLabelsVisible(true);
        style.setLegendVisible(false);
        style.setYAxisMin(0.0);
        style.setYAxisMax(105.0);
        style.setPlotGridVerticalLinesVisible(false);
        style.setChartBackgroundColor(Color.WHITE);
        style.setSeriesColors(new Color[] {INK});
        chart.addSeries(
                "ours",
                table.rows().stream().map(Paper.Row::variant).toList(),
                table.rows().stream()
                        .map(row -> Math.round(scores.percentOfTeacher(row.student()) * 10) / 10.0)
                        .toList());
        return chart;
    }
}
