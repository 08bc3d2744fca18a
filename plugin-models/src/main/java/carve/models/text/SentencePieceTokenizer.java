package carve.models.text;

import ai.djl.sentencepiece.SpTokenizer;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.models.text.SentencePieceModel.Kind;
import carve.models.text.SentencePieceModel.Piece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A {@code tokenizer.model}, run by the SentencePiece library, with the added tokens beside it: InternLM2's tokenizer.
 *
 * <p>Special tokens are the model's control pieces, {@code added_tokens.json} ({@code {token: id}}) and {@code
 * tokenizer_config.json} ({@code added_tokens_decoder: {id: {content}}}), where later ones win. They are matched in a
 * text first, longest first, and the library tokenises the text between them. {@code <s>} is put before a text unless
 * {@code add_bos_token} is false. Decoding joins the pieces: U+2581 is a space, byte pieces are bytes, and the one
 * space that the model puts before a text is removed.
 */
final class SentencePieceTokenizer implements Tokenizer {
    private static final char SPACE = '\u2581';

    private final SpTokenizer library;
    private final List<Piece> pieces;
    private final Map<String, Integer> vocabulary;
    private final Map<String, Integer> specials;
    private final Map<Integer, String> specialTexts;
    private final Pattern special;
    private final int[] beginning;
    private final int size;

    private SentencePieceTokenizer(
            SpTokenizer library, List<Piece> pieces, Map<Integer, String> specialTexts, boolean begins) {
        this.library = library;
        this.pieces = pieces;
        this.specialTexts = specialTexts;
        this.specials = new HashMap<>();
        specialTexts.forEach((id, text) -> specials.put(text, id));
        this.special = Pattern.compile(specials.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
        this.vocabulary = new HashMap<>();
        IntStream.range(0, pieces.size())
                .forEach(id -> vocabulary.putIfAbsent(pieces.get(id).text(), id));
        vocabulary.putAll(specials);
        this.beginning = begins ? new int[] {requiredId("<s>")} : new int[0];
        this.size = Math.max(
                pieces.size(),
                specialTexts.keySet().stream().mapToInt(id -> id + 1).max().orElse(0));
    }

    static SentencePieceTokenizer open(Path file) {
        try {
            byte[] model = Files.readAllBytes(file);
            var pieces = SentencePieceModel.parse(model, file.toString()).pieces();
            var config = optional(file.resolveSibling("tokenizer_config.json"));
            var specials = specials(pieces, optional(file.resolveSibling("added_tokens.json")), config);
            var library = NativeTokenizers.open(SpTokenizer.class, () -> library(model, file));
            return new SentencePieceTokenizer(
                    library,
                    pieces,
                    specials,
                    config.optionalFlag("add_bos_token").orElse(true));
        } catch (IOException e) {
            throw new TextException("tokenizer %s: cannot be opened, %s".formatted(file, e.getMessage()), e);
        }
    }

    private static SpTokenizer library(byte[] model, Path file) {
        try {
            return new SpTokenizer(model);
        } catch (RuntimeException e) {
            // the native half throws nothing more exact
            throw new TextException("tokenizer %s: cannot be opened, %s".formatted(file, e.getMessage()), e);
        }
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
                    result.put(Integer.valueOf(id), token.string("content"));
                }));
        return result;
    }

    @Override
    public int[] encode(String text) {
        return encode(List.of(text), true);
    }

    @Override
    public int[] encodeContinuation(String text) {
        return encode(List.of(text), false);
    }

    // the library knows no special tokens, so the text between them is one, whatever the pieces
    @Override
    public int[] encode(List<String> pieces, boolean beginning) {
        var ids = IntStream.builder();
        if (beginning) {
            IntStream.of(this.beginning).forEach(ids::add);
        }
        var plain = new StringBuilder();
        for (String piece : pieces) {
            var matcher = special.matcher(piece);
            int from = 0;
            while (matcher.find()) {
                encodePlain(plain.append(piece, from, matcher.start()).toString(), ids);
                plain.setLength(0);
                ids.add(specials.get(matcher.group()));
                from = matcher.end();
            }
            plain.append(piece, from, piece.length());
        }
        encodePlain(plain.toString(), ids);
        return ids.build().toArray();
    }

    @Override
    public Set<String> specialTokens() {
        return Set.copyOf(specials.keySet());
    }

    private void encodePlain(String text, IntStream.Builder ids) {
        if (!text.isEmpty()) {
            IntStream.of(library.getProcessor().encode(text)).forEach(ids::add);
        }
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

    /** A byte piece is written {@code <0x0A>}. */
    private static byte[] byteOf(Piece piece) {
        return new byte[] {(byte) Integer.parseInt(piece.text().substring(3, 5), 16)};
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
        library.close();
    }
}
