package carve.models.text;

import carve.api.CarveException;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.models.tokenizer.json.TokenizerReader;
import java.nio.file.Path;

/** The opening of tokenizers that are described as {@code tokenizer.json} does it. */
final class JsonTokenizer {
    private JsonTokenizer() {}

    static Tokenizer open(Path file) {
        try {
            return TokenizerReader.read(Json.readObject(file));
        } catch (CarveException e) {
            throw cannotBeOpened(file, e);
        }
    }

    /** Returns the tokenizer of JSON that was made from the files of a folder. */
    static Tokenizer of(JsonObject json, Path folder) {
        try {
            return TokenizerReader.read(json);
        } catch (CarveException e) {
            throw cannotBeOpened(folder, e);
        }
    }

    private static TextException cannotBeOpened(Path from, CarveException e) {
        return new TextException("tokenizer %s: cannot be opened, %s".formatted(from, e.getMessage()), e);
    }
}
