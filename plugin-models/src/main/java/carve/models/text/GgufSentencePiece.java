package carve.models.text;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.models.tokenizer.sentencepiece.SentencePieceModel;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Algorithm;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Piece;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * SentencePiece's BPE in the metadata of GGUF files ({@code tokenizer.ggml.model = llama}), as Llama 2, Phi 3 and Gemma have it:
 * {@code .tokens}, {@code .scores}, {@code .token_type} (as in SentencePiece's own files), {@code .add_space_prefix}. Unlike there,
 * symbols that users defined are found in a text before it is normalized, as special tokens are.
 */
final class GgufSentencePiece {
    private GgufSentencePiece() {}

    static Tokenizer of(JsonObject metadata, Path file) {
        List<Piece> pieces = pieces(metadata, file);
        SentencePieceModel model = new SentencePieceModel(
                pieces,
                Algorithm.BPE,
                false,
                pieces.stream().anyMatch(piece -> piece.kind() == Kind.BYTE),
                Optional.empty(),
                metadata.optionalFlag(GgufTokenizer.KEY + "add_space_prefix").orElse(true),
                false,
                true);
        return SentencePieceTokenizer.of(
                model,
                ends(GgufTokenizer.end(metadata, GgufTokenizer.ADD_BOS, true, GgufTokenizer.BOS, pieces.size())),
                ends(GgufTokenizer.end(metadata, GgufTokenizer.ADD_EOS, false, GgufTokenizer.EOS, pieces.size())));
    }

    private static int[] ends(Optional<Integer> token) {
        return token.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Piece> pieces(JsonObject metadata, Path file) {
        List<String> tokens = metadata.strings(GgufTokenizer.KEY + "tokens");
        List<JsonValue> scores = metadata.optionalArray(GgufTokenizer.KEY + "scores")
                .map(JsonArray::items)
                .orElse(List.of());
        if (scores.size() != tokens.size()) {
            throw new TextException("tokenizer %s: expected a score for each of %d tokens, found %d"
                    .formatted(file, tokens.size(), scores.size()));
        }
        List<Piece> pieces = new ArrayList<>(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            int type = GgufTokenizer.type(metadata, id);
            if (type < 1 || type > Kind.values().length || !(scores.get(id) instanceof JsonNumber score)) {
                throw new TextException("tokenizer %s: token %d has the type %d and the score %s"
                        .formatted(file, id, type, scores.get(id).describe()));
            }
            pieces.add(new Piece(tokens.get(id), (float) score.real(), Kind.values()[type - 1]));
        }
        return pieces;
    }
}
