package carve.bench.ablation;

import carve.api.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the ablations: {@code Main PAPERS.json RUNS OUT}, where RUNS has a folder for each paper's report and OUT gets .md and .png. */
public final class Main {
    private Main() {}

    /**
     * Writes them.
     *
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("usage: Main PAPERS.json RUNS OUT");
        }
        List<Paper> papers = Paper.read(Json.readObject(Path.of(args[0])));
        Map<Paper, Scores> all = new LinkedHashMap<>();
        for (Paper paper : papers) {
            all.put(paper, Scores.read(Path.of(args[1], paper.report(), "demo.json")));
        }
        Path markdown = Path.of(args[2] + ".md");
        Path picture = Path.of(args[2] + ".png");
        AblationPlot.write(all, picture);
        Files.writeString(markdown, AblationTable.of(all, picture.getFileName().toString()));
        System.out.println("wrote " + markdown + " and " + picture);
    }
}
