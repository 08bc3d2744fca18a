package carve.models.text;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The pieces of a {@code tokenizer.model}: a protocol buffer whose field 1 is a piece, each with its text (field 1) and its kind (field 3).
 *
 * @param pieces by id
 */
record SentencePieceModel(List<Piece> pieces) {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    /** The kinds of pieces; their numbers in the file are the ordinals plus one. */
    enum Kind {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE
    }

    record Piece(String text, Kind kind) {}

    /**
     * Returns the pieces of a file.
     *
     * @throws TextException if it is not such a model
     */
    static SentencePieceModel parse(byte[] file, String name) {
        List<Piece> pieces = new ArrayList<>();
        try {
            var message = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            while (message.hasRemaining()) {
                long key = varint(message);
                if (key == (1 << 3 | BYTES)) {
                    pieces.add(piece(bytes(message)));
                } else {
                    skip(message, (int) key & 7);
                }
            }
        } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new TextException(
                    "tokenizer %s: not a SentencePiece model, after %d pieces".formatted(name, pieces.size()), e);
        }
        if (pieces.isEmpty()) {
            throw new TextException("tokenizer %s: not a SentencePiece model, it has no pieces".formatted(name));
        }
        return new SentencePieceModel(List.copyOf(pieces));
    }

    private static Piece piece(ByteBuffer message) {
        String text = "";
        Kind kind = Kind.NORMAL;
        while (message.hasRemaining()) {
            long key = varint(message);
            if (key == (1 << 3 | BYTES)) {
                text = StandardCharsets.UTF_8.decode(bytes(message)).toString();
            } else if (key == (3 << 3 | VARINT)) {
                kind = Kind.values()[(int) varint(message) - 1];
            } else {
                skip(message, (int) key & 7);
            }
        }
        return new Piece(text, kind);
    }

    private static ByteBuffer bytes(ByteBuffer message) {
        int length = Math.toIntExact(varint(message));
        var result = message.slice(message.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        message.position(message.position() + length);
        return result;
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
