package carve.data;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import java.util.List;

/** The documents that are held back from training to measure it. */
sealed interface Validation {
    /** None. */
    record None() implements Validation {}

    /**
     * A share of the tokens.
     *
     * @param share from 0 to 1
     */
    record Share(double share) implements Validation {}

    /**
     * A number of rows.
     *
     * @param rows at least 1
     */
    record Rows(long rows) implements Validation {}

    /**
     * Files of their own.
     *
     * @param files what they are
     */
    record Held(List<DataFile> files) implements Validation {
        /** Copies the list. */
        public Held {
            files = List.copyOf(files);
        }
    }

    /** Reads a setting: {@code none}, a percentage such as {@code 1%}, a number of rows, or files. */
    static Validation from(Settings settings, String key) {
        if (!(settings.node(key) instanceof SettingsNode.Scalar)) {
            return new Held(DataFiles.of(settings, key));
        }
        String text = settings.string(key);
        if (text.equals("none")) {
            return new None();
        }
        if (text.matches("[0-9]+")) {
            long rows = settings.longInteger(key);
            if (rows < 1) {
                throw settings.error(key, "must be none, or a number of rows from 1, is " + text);
            }
            return new Rows(rows);
        }
        if (text.matches("[0-9.]+%")) {
            return share(settings, key, text);
        }
        return new Held(DataFiles.of(settings, key));
    }

    private static Share share(Settings settings, String key, String text) {
        try {
            double percent = Double.parseDouble(text.substring(0, text.length() - 1));
            if (percent > 0 && percent < 100) {
                return new Share(percent / 100);
            }
        } catch (NumberFormatException _) {
            // it is said below
        }
        throw settings.error(key, "must be more than 0% and less than 100%, is " + text);
    }
}
