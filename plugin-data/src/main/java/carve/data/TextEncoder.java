package carve.data;

import carve.api.config.Settings;
import carve.api.json.JsonObject;
import carve.api.text.Processor;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Makes tokens of texts, between the tokens that begin and end each.
 *
 * @param processor encodes
 * @param column the name of the column with the text
 * @param split the documents of plain files
 * @param beginning the token before each document, if there is to be one
 * @param end the token after each document, if there is to be one
 * @param parseSpecialTokens whether special tokens in the text are tokens; else they are text
 */
record TextEncoder(
        Processor processor,
        String column,
        Split split,
        OptionalInt beginning,
        OptionalInt end,
        boolean parseSpecialTokens)
        implements DocumentEncoder {
    /**
     * Reads the settings.
     *
     * @throws carve.api.config.SettingsException if the tokenizer has no token that is asked for
     */
    static TextEncoder of(Settings settings, Processor processor) {
        return new TextEncoder(
                processor,
                settings.string("column"),
                settings.enumConstant("split", Split.class),
                token(settings, "bos", processor.beginningToken()),
                token(settings, "eos", processor.endToken()),
                settings.flag("parse-special-tokens"));
    }

    private static OptionalInt token(Settings settings, String key, OptionalInt token) {
        if (!settings.flag(key)) {
            return OptionalInt.empty();
        }
        if (token.isEmpty()) {
            throw settings.error(
                    key, "must be false: the model's tokenizer has no %s_token (tokenizer_config.json)".formatted(key));
        }
        return token;
    }

    @Override
    public Set<String> columns() {
        return Set.of(column);
    }

    @Override
    public String settings() {
        return "text column=%s split=%s bos=%s eos=%s parse-special-tokens=%s"
                .formatted(column, Settings.enumConstant(split), beginning, end, parseSpecialTokens);
    }

    @Override
    public boolean isWeighted() {
        return false;
    }

    @Override
    public EncodedDocument encode(JsonObject row) {
        int[] text = processor.encode(row.string(column), false, parseSpecialTokens);
        IntStream tokens = text.length == 0
                ? IntStream.of()
                : IntStream.concat(beginning.stream(), IntStream.concat(IntStream.of(text), end.stream()));
        return new EncodedDocument(tokens.toArray(), new float[0]);
    }

    @Override
    public void readPlain(DataFile file, RowSink sink, LongConsumer progress) throws IOException {
        new PlainRows(column, split).read(file, sink, progress);
    }
}
