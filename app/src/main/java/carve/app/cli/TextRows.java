package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Items;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.progress.Progress;
import carve.runtime.train.Datasets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The texts that models are compared on, as data of the kind {@code text} has them, in the order of the files. Documents are cut into
 * rows; what is left at their ends is a row of its own.
 *
 * @param rows the tokens of each
 * @param files the files
 */
record TextRows(List<int[]> rows, List<Path> files) {
    private static final String ORIGIN = "--data";
    private static final int MIN_TOKENS = 16;
    private static final long SEED = 42; // nothing is shuffled

    /**
     * Reads the first rows of a file, a folder or a glob.
     *
     * @param length the most tokens of a row
     * @param limit the most rows
     * @throws SettingsException if there is no text
     */
    static TextRows read(Path data, int length, int limit, Processor processor, Catalogs catalogs, Progress progress) {
        try (Dataset texts =
                Datasets.open(catalogs, new TreeSettings(settings(data, length)), processor, SEED, progress)) {
            List<int[]> rows = new ArrayList<>();
            for (long i = 0; i < texts.size() && rows.size() < limit; i++) {
                texts.sample(i)
                        .filter(row -> row.tokens().length >= MIN_TOKENS)
                        .ifPresent(row -> rows.add(row.tokens()));
            }
            if (rows.isEmpty()) {
                throw new SettingsException(
                        "--data: %s: there is no text of %d tokens or more".formatted(data, MIN_TOKENS));
            }
            return new TextRows(List.copyOf(rows), texts.files().annotations());
        }
    }

    private static Section settings(Path data, int length) {
        Map<String, SettingsNode> members = new LinkedHashMap<>();
        members.put("type", new Scalar("text", ORIGIN));
        members.put("files", new Items(List.of(new Scalar(data.toString(), ORIGIN)), ORIGIN));
        members.put("packing", new Scalar("none", ORIGIN));
        members.put("overlong", new Scalar("split", ORIGIN));
        members.put("eos", new Scalar(false, ORIGIN));
        members.put("shuffle", new Scalar(false, ORIGIN));
        members.put("max-length", new Scalar(length, ORIGIN));
        return new Section(members, ORIGIN);
    }
}
