package carve.models.tokenizer;

import carve.models.text.Tokenizer;
import carve.models.tokenizer.decoder.ByteFallbackDecoder;
import carve.models.tokenizer.decoder.ByteLevelDecoder;
import carve.models.tokenizer.decoder.Decoder;
import carve.models.tokenizer.decoder.DecoderSequence;
import carve.models.tokenizer.model.TokenModel;
import carve.models.tokenizer.normalizer.Normalizer;
import carve.models.tokenizer.pretokenizer.PreTokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A tokenizer of the steps that a {@code tokenizer.json} describes: added tokens are found, the text between them is normalized,
 * split and given to the model, and special tokens are put around the ids.
 */
public final class TokenizerPipeline implements Tokenizer {
    private static final char SPACE = '\u2581';

    private final AddedTokens added;
    private final Normalizer normalizer;
    private final PreTokenizer preTokenizer;
    private final TokenModel model;
    private final PostProcessor postProcessor;
    private final Optional<Decoder> decoder;
    private final int size;

    /**
     * Makes a tokenizer.
     *
     * @param decoder makes text of tokens; if there is none, spaces stand between them
     */
    public TokenizerPipeline(
            AddedTokens added,
            Normalizer normalizer,
            PreTokenizer preTokenizer,
            TokenModel model,
            PostProcessor postProcessor,
            Optional<Decoder> decoder) {
        this.added = added;
        this.normalizer = normalizer;
        this.preTokenizer = preTokenizer;
        this.model = model;
        this.postProcessor = postProcessor;
        this.decoder = decoder;
        this.size = Math.max(added.size(), model.vocabulary().size());
    }

    @Override
    public int[] encode(String text) {
        return postProcessor.process(true, ids(text));
    }

    @Override
    public int[] encodeContinuation(String text) {
        return postProcessor.process(false, ids(text));
    }

    private int[] ids(String given) {
        String text = Unicode.wellFormed(given);
        WorkBudget budget = WorkBudget.of(text.length());
        IdBuffer ids = new IdBuffer();
        added.splitVerbatim(text, budget, new AddedTokens.PartSink() {
            @Override
            public void token(AddedToken token) {
                ids.add(token.id());
            }

            @Override
            public void text(int start, int end) {
                int leading = start == 0 ? Character.charCount(text.codePointAt(0)) : 0;
                normalized(normalizer.normalize(new Piece(text.substring(start, end), leading), budget), budget, ids);
            }
        });
        return ids.toArray();
    }

    private void normalized(Piece piece, WorkBudget budget, IdBuffer ids) {
        added.splitNormalized(piece.text(), budget, new AddedTokens.PartSink() {
            @Override
            public void token(AddedToken token) {
                ids.add(token.id());
            }

            @Override
            public void text(int start, int end) {
                preTokenizer.split(piece.part(start, end), budget, part -> model.tokenize(part.text(), ids, budget));
            }
        });
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
        List<String> tokens = Arrays.stream(ids)
                .mapToObj(this::token)
                .flatMap(Optional::stream)
                .filter(token -> special || !added.isSpecial(token))
                .toList();
        return decoder.map(step -> String.join("", step.decode(tokens))).orElseGet(() -> String.join(" ", tokens));
    }

    private Optional<String> token(int id) {
        return added.spelling(id).or(() -> model.vocabulary().token(id));
    }

    @Override
    public byte[] bytes(int id) {
        Optional<String> token = added.token(id).isPresent()
                ? Optional.empty()
                : model.vocabulary().token(id);
        Optional<byte[]> bytes = Optional.empty();
        if (has(decoder, ByteLevelDecoder.class)) {
            bytes = token.flatMap(ByteCharacters::decode);
        } else if (has(decoder, ByteFallbackDecoder.class)) {
            bytes = token.map(TokenizerPipeline::withByteFallback);
        }
        return bytes.orElseGet(() -> decode(id).getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] withByteFallback(String token) {
        OptionalInt value = ByteFallbackDecoder.byteOf(token);
        return value.isPresent()
                ? new byte[] {(byte) value.getAsInt()}
                : token.replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8);
    }

    private static boolean has(Optional<Decoder> decoder, Class<? extends Decoder> kind) {
        return decoder.filter(step -> kind.isInstance(step)
                        || step instanceof DecoderSequence(List<Decoder> steps)
                                && steps.stream().anyMatch(inner -> has(Optional.of(inner), kind)))
                .isPresent();
    }

    @Override
    public Set<String> specialTokens() {
        return added.special();
    }

    @Override
    public OptionalInt id(String token) {
        int id = added.token(token)
                .map(AddedToken::id)
                .orElseGet(() -> model.vocabulary().id(token));
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
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
