package carve.models.tokenizer.sentencepiece;

import carve.models.text.TextException;
import carve.models.tokenizer.normalizer.CharacterMap;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A {@code tokenizer.model}: a protocol buffer whose field 1 is a piece, with its text (field 1), score (field 2, F32) and kind
 * (field 3); field 2 says how the model was trained (3: algorithm, 24: white space ends words, 35: byte fallback), and field 3
 * how texts are normalized (2: replacements, 3: a space is put before a text, 4: white space is removed, 5: spaces become U+2581).
 *
 * @param pieces by id
 */
public record SentencePieceModel(
        List<Piece> pieces,
        Algorithm algorithm,
        boolean spaceEndsWords,
        boolean byteFallback,
        Optional<CharacterMap> replacements,
        boolean dummyPrefix,
        boolean removesSpaces,
        boolean escapesSpaces) {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    /** The kinds of pieces; their numbers in the file are the ordinals plus one. */
    public enum Kind {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE
    }

    /** The algorithms; their numbers in the file are the ordinals plus one. */
    public enum Algorithm {
        UNIGRAM,
        BPE,
        WORD,
        CHAR
    }

    /** A piece of the vocabulary. */
    public record Piece(String text, float score, Kind kind) {}

    /** Copies the list. */
    public SentencePieceModel {
        pieces = List.copyOf(pieces);
    }

    /**
     * Returns the model of a file.
     *
     * @throws TextException if it is not such a model
     */
    public static SentencePieceModel parse(byte[] file, String name) {
        Builder builder = new Builder();
        try {
            ByteBuffer message = little(ByteBuffer.wrap(file));
            while (message.hasRemaining()) {
                long key = varint(message);
                switch ((int) key) {
                    case 1 << 3 | BYTES -> builder.pieces.add(piece(bytes(message)));
                    case 2 << 3 | BYTES -> builder.trainer(bytes(message));
                    case 3 << 3 | BYTES -> builder.normalizer(bytes(message));
                    default -> skip(message, (int) key & 7);
                }
            }
        } catch (BufferUnderflowException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | ArithmeticException e) {
            throw new TextException(
                    "tokenizer %s: not a SentencePiece model, after %d pieces".formatted(name, builder.pieces.size()),
                    e);
        }
        if (builder.pieces.isEmpty()) {
            throw new TextException("tokenizer %s: not a SentencePiece model, it has no pieces".formatted(name));
        }
        return builder.build();
    }

    private static final class Builder {
        private final List<Piece> pieces = new ArrayList<>();
        private Algorithm algorithm = Algorithm.UNIGRAM;
        private boolean spaceEndsWords;
        private boolean byteFallback;
        private Optional<CharacterMap> replacements = Optional.empty();
        private boolean dummyPrefix = true;
        private boolean removesSpaces = true;
        private boolean escapesSpaces = true;

        void trainer(ByteBuffer message) {
            while (message.hasRemaining()) {
                long key = varint(message);
                switch ((int) key) {
                    case 3 << 3 | VARINT -> algorithm = Algorithm.values()[ordinal(message)];
                    case 24 << 3 | VARINT -> spaceEndsWords = varint(message) != 0;
                    case 35 << 3 | VARINT -> byteFallback = varint(message) != 0;
                    default -> skip(message, (int) key & 7);
                }
            }
        }

        void normalizer(ByteBuffer message) {
            while (message.hasRemaining()) {
                long key = varint(message);
                switch ((int) key) {
                    case 2 << 3 | BYTES -> {
                        ByteBuffer map = bytes(message);
                        byte[] content = new byte[map.remaining()];
                        map.get(content);
                        replacements = content.length == 0 ? Optional.empty() : Optional.of(CharacterMap.of(content));
                    }
                    case 3 << 3 | VARINT -> dummyPrefix = varint(message) != 0;
                    case 4 << 3 | VARINT -> removesSpaces = varint(message) != 0;
                    case 5 << 3 | VARINT -> escapesSpaces = varint(message) != 0;
                    default -> skip(message, (int) key & 7);
                }
            }
        }

        SentencePieceModel build() {
            return new SentencePieceModel(
                    pieces,
                    algorithm,
                    spaceEndsWords,
                    byteFallback,
                    replacements,
                    dummyPrefix,
                    removesSpaces,
                    escapesSpaces);
        }
    }

    private static Piece piece(ByteBuffer message) {
        String text = "";
        float score = 0;
        Kind kind = Kind.NORMAL;
        while (message.hasRemaining()) {
            long key = varint(message);
            switch ((int) key) {
                case 1 << 3 | BYTES ->
                    text = StandardCharsets.UTF_8.decode(bytes(message)).toString();
                case 2 << 3 | FIXED_32 -> score = message.getFloat();
                case 3 << 3 | VARINT -> kind = Kind.values()[ordinal(message)];
                default -> skip(message, (int) key & 7);
            }
        }
        return new Piece(text, score, kind);
    }

    private static int ordinal(ByteBuffer message) {
        return Math.toIntExact(varint(message) - 1);
    }

    private static ByteBuffer bytes(ByteBuffer message) {
        int length = Math.toIntExact(varint(message));
        ByteBuffer result = little(message.slice(message.position(), length));
        message.position(message.position() + length);
        return result;
    }

    private static ByteBuffer little(ByteBuffer buffer) {
        return buffer.order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void skip(ByteBuffer message, int type) {
        switch (type) {
            case VARINT -> varint(message);
            case FIXED_64 -> message.getLong();
            case BYTES -> bytes(message);
            case FIXED_32 -> message.getInt();
            default -> throw new IllegalArgumentException("wire type " + type);
        }
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte part = message.get();
            value |= (part & 0x7FL) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a varint of more than ten bytes");
    }
}
