package carve.models.text;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.models.tokenizer.AddedToken;
import carve.models.tokenizer.AddedTokens;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.decoder.ByteFallbackDecoder;
import carve.models.tokenizer.sentencepiece.SentencePieceEncoder;
import carve.models.tokenizer.sentencepiece.SentencePieceModel;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Piece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A {@code tokenizer.model}, with the added tokens beside it: InternLM2's tokenizer.
 *
 * <p>Special tokens are the model's control pieces, {@code added_tokens.json} ({@code {token: id}}) and {@code
 * tokenizer_config.json} ({@code added_tokens_decoder: {id: {content}}}), where later ones win. They are matched in a
 * text first, longest first, and the model encodes the text between them. {@code <s>} is put before a text unless
 * {@code add_bos_token} is false. Decoding joins the pieces: U+2581 is a space, byte pieces are bytes, and the one
 * space that the model puts before a text is removed.
 */
final class SentencePieceTokenizer implements Tokenizer {
    private static final char SPACE = '\u2581';

    private final SentencePieceEncoder encoder;
    private final List<Piece> pieces;
    private final Map<String, Integer> vocabulary;
    private final Map<Integer, String> specialTexts;
    private final AddedTokens specials;
    private final Ends ends;
    private final int size;

    private SentencePieceTokenizer(
            SentencePieceModel model, Map<Integer, String> specialTexts, List<AddedToken> found, Ends ends) {
        this.encoder = new SentencePieceEncoder(model);
        this.pieces = model.pieces();
        this.specialTexts = specialTexts;
        this.vocabulary = new HashMap<>();
        IntStream.range(0, pieces.size())
                .forEach(id -> vocabulary.putIfAbsent(pieces.get(id).text(), id));
        specialTexts.forEach((id, text) -> vocabulary.put(text, id));
        this.specials = AddedTokens.of(found);
        this.ends = ends;
        this.size = Math.max(
                pieces.size(),
                specialTexts.keySet().stream().mapToInt(id -> id + 1).max().orElse(0));
    }

    /** The tokens that are put before texts and behind them. */
    private record Ends(int[] beginning, int... end) {}

    /** Returns the tokenizer of a model whose symbols defined by users are found in texts as special tokens are. */
    static SentencePieceTokenizer of(SentencePieceModel model, int[] beginning, int... end) {
        Map<Integer, String> specials = specials(model.pieces(), JsonObject.empty(), JsonObject.empty());
        List<AddedToken> found = new ArrayList<>(verbatim(specials));
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            if (piece.kind() == Kind.USER_DEFINED && !piece.text().isEmpty()) {
                found.add(AddedToken.verbatim(id, piece.text(), false));
            }
        }
        return new SentencePieceTokenizer(model, specials, found, new Ends(beginning, end));
    }

    private static List<AddedToken> verbatim(Map<Integer, String> specials) {
        return specials.entrySet().stream()
                .filter(token -> !token.getValue().isEmpty())
                .map(token -> AddedToken.verbatim(token.getKey(), token.getValue(), true))
                .toList();
    }

    static SentencePieceTokenizer open(Path file) {
        try {
            var model = SentencePieceModel.parse(Files.readAllBytes(file), file.toString());
            var config = optional(file.resolveSibling("tokenizer_config.json"));
            var specials = specials(model.pieces(), optional(file.resolveSibling("added_tokens.json")), config);
            int[] beginning =
                    config.optionalFlag("add_bos_token").orElse(true) ? new int[] {begin(model, specials)} : new int[0];
            return new SentencePieceTokenizer(model, specials, verbatim(specials), new Ends(beginning));
        } catch (IOException e) {
            throw new TextException("tokenizer %s: cannot be opened, %s".formatted(file, e.getMessage()), e);
        }
    }

    private static int begin(SentencePieceModel model, Map<Integer, String> specials) {
        return IntStream.concat(
                        specials.entrySet().stream()
                                .filter(token -> token.getValue().equals("<s>"))
                                .mapToInt(Map.Entry::getKey),
                        IntStream.range(0, model.pieces().size())
                                .filter(id -> model.pieces().get(id).text().equals("<s>")))
                .findFirst()
                .orElseThrow(() -> new TextException("tokenizer: no token '<s>' among %d"
                        .formatted(model.pieces().size())));
    }

    private static JsonObject optional(Path file) {
        return Files.isRegularFile(file) ? Json.readObject(file) : JsonObject.empty();
    }

    private static Map<Integer, String> specials(List<Piece> pieces, JsonObject added, JsonObject config) {
        Map<Integer, String> result = new TreeMap<>();
        for (int id = 0; id < pieces.size(); id++) {
            Kind kind = pieces.get(id).kind();
            if (kind == Kind.CONTROL || kind == Kind.UNKNOWN) {
                result.put(id, pieces.get(id).text());
            }
        }
        added.keys().forEach(text -> result.put(added.integer(text), text));
        config.optionalObject("added_tokens_decoder")
                .ifPresent(decoder -> decoder.keys().forEach(id -> {
                    JsonObject token = decoder.object(id);
                    if (token.optionalFlag("lstrip").orElse(false)
                            || token.optionalFlag("rstrip").orElse(false)) {
                        throw decoder.error(id, "a token that strips the spaces around it is not supported");
                    }
                    result.put(id(decoder, id), token.string("content"));
                }));
        return result;
    }

    private static int id(JsonObject decoder, String id) {
        try {
            return Integer.parseInt(id);
        } catch (NumberFormatException _) {
            throw decoder.error(id, "expected an id as key");
        }
    }

    @Override
    public int[] encode(String text) {
        return encode(List.of(text), true);
    }

    @Override
    public int[] encodeContinuation(String text) {
        return encode(List.of(text), false);
    }

    // the model knows no special tokens, so the text between them is one, whatever the pieces
    @Override
    public int[] encode(List<String> pieces, boolean beginning) {
        IdBuffer ids = new IdBuffer();
        if (beginning) {
            ids.addAll(ends.beginning());
        }
        WorkBudget budget =
                WorkBudget.of(pieces.stream().mapToInt(String::length).sum());
        StringBuilder plain = new StringBuilder();
        for (String piece : pieces) {
            String text = Unicode.wellFormed(piece);
            specials.splitVerbatim(text, budget, new AddedTokens.PartSink() {
                @Override
                public void token(AddedToken token) {
                    encoder.encode(plain.toString(), ids, budget);
                    plain.setLength(0);
                    ids.add(token.id());
                }

                @Override
                public void text(int start, int end) {
                    plain.append(text, start, end);
                }
            });
        }
        encoder.encode(plain.toString(), ids, budget);
        if (beginning) {
            ids.addAll(ends.end());
        }
        return ids.toArray();
    }

    @Override
    public Set<String> specialTokens() {
        return Set.copyOf(specialTexts.values());
    }

    @Override
    public String decode(int... ids) {
        return decode(false, ids);
    }

    @Override
    public String decodeWithSpecialTokens(int... ids) {
        return decode(true, ids);
    }

    private String decode(boolean special, int... ids) {
        var bytes = new ByteArrayOutputStream();
        boolean first = true;
        for (int id : ids) {
            if (specialTexts.containsKey(id)) {
                bytes.writeBytes((special ? specialTexts.get(id) : "").getBytes(StandardCharsets.UTF_8));
            } else if (id >= 0 && id < pieces.size()) {
                Piece piece = pieces.get(id);
                bytes.writeBytes(
                        piece.kind() == Kind.BYTE
                                ? byteOf(piece)
                                : textOf(piece, first).getBytes(StandardCharsets.UTF_8));
                first = false;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] bytes(int id) {
        if (specialTexts.containsKey(id) || id < 0 || id >= pieces.size()) {
            return new byte[0];
        }
        Piece piece = pieces.get(id);
        return piece.kind() == Kind.BYTE ? byteOf(piece) : textOf(piece, false).getBytes(StandardCharsets.UTF_8);
    }

    // a byte piece is written <0x0A>
    private static byte[] byteOf(Piece piece) {
        return ByteFallbackDecoder.byteOf(piece.text()).stream()
                .mapToObj(value -> new byte[] {(byte) value})
                .findFirst()
                .orElseGet(() -> new byte[0]);
    }

    private static String textOf(Piece piece, boolean first) {
        String text = piece.text().replace(SPACE, ' ');
        return first && text.startsWith(" ") ? text.substring(1) : text;
    }

    @Override
    public OptionalInt id(String token) {
        Integer id = vocabulary.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public int vocabularySize() {
        return size;
    }

    @Override
    public void close() {
        // nothing is held but memory
    }
}
