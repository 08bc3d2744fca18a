package carve.app.train;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The page of runs as a single file, with its styles, scripts and data inside. */
final class RunPage {
    private static final String FOLDER = "/carve/app/page/";

    private RunPage() {}

    /**
     * Returns the page.
     *
     * @param shown the data of the runs, as {@code /runs} has it
     * @throws IOException if a file of the page cannot be read
     */
    static String standalone(JsonObject shown) throws IOException {
        String html = text("run.html");
        for (String style : List.of("base.css", "run.css")) {
            html = html.replace(
                    "<link rel=\"stylesheet\" href=\"%s\">".formatted(style),
                    "<style>\n%s</style>".formatted(text(style)));
        }
        String data = Json.compact(shown).replace("<", "\\u003c");
        html = html.replace(
                "<script src=\"charts.js\" defer>",
                "<script type=\"application/json\" id=\"shown\">%s</script>\n<script src=\"charts.js\" defer>"
                        .formatted(data));
        for (String script : List.of("charts.js", "run.js")) {
            html = html.replace(
                    "<script src=\"%s\" defer></script>".formatted(script),
                    "<script>\n%s</script>".formatted(text(script)));
        }
        return html;
    }

    private static String text(String name) throws IOException {
        try (InputStream resource = RunPage.class.getResourceAsStream(FOLDER + name)) {
            if (resource == null) {
                throw new FileNotFoundException("%s is missing from this build of carve".formatted(FOLDER + name));
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
