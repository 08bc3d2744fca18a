package carve.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of models is that of the table which the families and their tests read. */
final class ModelsReferenceTest {
    private static final String INTRODUCTION = """
            # Models

            This page is made by the build from the table that the model families and their tests read. `carve inspect MODEL` says what a folder
            or a GGUF file is, also where it cannot be opened.

            Each model that opens also trains, converts to a hybrid, and is saved as it was read; the tests do all of that. Keys of `config.json`
            that would change what a model computes are obeyed or refused by name.

            ## Models that open

            Compared are logits, greedy tokens and padded rows with those of the Transformers library 5.24 in float64 (of HoVLE, mmMamba, TinyLLaVA
            and MaTVLM with their authors' code), for a tiny model of random weights: within ten times the error of PyTorch in float32.

            | `model_type` | models | compared |
            | --- | --- | --- |
            """;
    private static final String OTHERS = """

            ## Models that are refused by name

            | `model_type` | models | what is missing |
            | --- | --- | --- |
            """;

    @Test
    void pageIsThatOfTheTable() throws IOException {
        List<String[]> rows =
                Files.readAllLines(Project.ROOT.resolve("plugin-models/src/main/resources/carve/models/models.tsv"))
                        .stream()
                        .skip(1)
                        .map(line -> line.split("\t", -1))
                        .toList();
        StringBuilder page = new StringBuilder(INTRODUCTION);
        rows.stream()
                .filter(row -> row[2].isEmpty())
                .forEach(row ->
                        page.append("| `%s` | %s | %s |\n".formatted(row[0], row[1], row[3].isEmpty() ? "no" : "yes")));
        page.append(OTHERS);
        rows.stream()
                .filter(row -> !row[2].isEmpty())
                .forEach(row -> page.append("| `%s` | %s | %s |\n".formatted(row[0], row[1], row[2])));
        Project.requireUpToDate("models.md", page.toString());
    }
}
