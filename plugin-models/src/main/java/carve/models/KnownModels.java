package carve.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The kinds of models that are known, those that cannot be opened too: the table {@code models.tsv}.
 *
 * @param all the kinds
 */
public record KnownModels(List<Kind> all) {
    private static final KnownModels TABLE = read();

    /** Copies the list. */
    public KnownModels {
        all = List.copyOf(all);
    }

    /**
     * A kind of model.
     *
     * @param type its {@code model_type}
     * @param models the models that people know it by
     * @param missing what it needs and is not there; empty if it can be opened
     * @param folders the folders with which the tests compare it, whose numbers its authors' code or Transformers made
     */
    public record Kind(String type, String models, String missing, List<String> folders) {
        /** Copies the list. */
        public Kind {
            folders = List.copyOf(folders);
        }

        /** Returns whether such models can be opened. */
        public boolean isSupported() {
            return missing.isEmpty();
        }
    }

    /** Returns the table. */
    public static KnownModels table() {
        return TABLE;
    }

    private static KnownModels read() {
        try (InputStream stream = KnownModels.class.getResourceAsStream("models.tsv")) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            return new KnownModels(text.lines().skip(1).map(KnownModels::kind).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Kind kind(String line) {
        String[] cells = line.split("\t", -1);
        List<String> folders = Arrays.stream(cells[3].split(" "))
                .filter(name -> !name.isEmpty())
                .toList();
        return new Kind(cells[0], cells[1], cells[2], folders);
    }

    /** Returns the kind of a {@code model_type}, if it is known. */
    public Optional<Kind> find(String modelType) {
        return all.stream().filter(kind -> kind.type().equals(modelType)).findFirst();
    }

    /** Returns what models of a {@code model_type} need and is not there, if that is known. */
    public Optional<String> missing(String modelType) {
        return find(modelType).map(Kind::missing).filter(missing -> !missing.isEmpty());
    }
}
