package carve.api.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the numbers, texts and arrays at the beginning of a GGUF file; nothing in it is trusted. */
final class GgufParser {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int DEPTH = 4;
    // vocabularies of 256k tokens have about a million
    private static final int MAX_VALUES = 4_000_000;
    private static final int[] SIZES = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

    private final String origin;
    private final MemorySegment file;
    private long position;
    private int values;

    GgufParser(String origin, MemorySegment file) {
        this.origin = origin;
        this.file = file;
    }

    long position() {
        return position;
    }

    CheckpointException error(String problem) {
        return new CheckpointException(origin + ": " + problem);
    }

    private long take(long bytes, String what) {
        if (bytes < 0 || bytes > file.byteSize() - position) {
            throw error("%s at byte %d takes %s bytes, but the file ends at byte %d; is it truncated?"
                    .formatted(what, position, Long.toUnsignedString(bytes), file.byteSize()));
        }
        long at = position;
        position += bytes;
        return at;
    }

    int integer(String what) {
        return file.get(INT, take(Integer.BYTES, what));
    }

    long longInteger(String what) {
        return file.get(LONG, take(Long.BYTES, what));
    }

    /** Reads how many things follow, each of which takes at least so many bytes. */
    int count(String what, long bytesOfEach) {
        long count = longInteger(what);
        if (count < 0 || count > (file.byteSize() - position) / bytesOfEach || count > Integer.MAX_VALUE - 8) {
            throw error("%s at byte %d is %s, but only %d bytes follow; is it truncated?"
                    .formatted(what, position - Long.BYTES, Long.toUnsignedString(count), file.byteSize() - position));
        }
        return (int) count;
    }

    String text(String what) {
        int length = count("the length of " + what, 1);
        byte[] bytes = file.asSlice(take(length, what), length).toArray(ValueLayout.JAVA_BYTE);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            // vocabularies of bytes may hold halves of characters
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    JsonObject metadata(int count) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String key = text("key " + i);
            String what = "the value of '" + key + "'";
            if (members.put(key, value(what, integer("the type of " + what), 0)) != null) {
                throw error("duplicate key '%s'".formatted(key));
            }
        }
        return JsonObject.of(members);
    }

    private JsonValue value(String what, int type, int depth) {
        if (++values > MAX_VALUES) {
            throw error("%s: there are more than %d metadata values, the limit".formatted(what, MAX_VALUES));
        }
        if (type < 0 || type >= SIZES.length) {
            throw error("%s: no type of values %d; there are 0 to %d".formatted(what, type, SIZES.length - 1));
        }
        if (type == 8) {
            return new JsonString(text(what));
        }
        return type == 9 ? array(what, depth) : scalar(what, type, take(SIZES[type], what));
    }

    private JsonArray array(String what, int depth) {
        if (depth == DEPTH) {
            throw error("%s: arrays are nested more than %d deep".formatted(what, DEPTH));
        }
        int type = integer("the type of the elements of " + what);
        int count = count("the number of elements of " + what, type >= 0 && type < SIZES.length ? SIZES[type] : 1);
        List<JsonValue> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(value(what, type, depth + 1));
        }
        return new JsonArray(items);
    }

    private JsonValue scalar(String what, int type, long at) {
        return switch (type) {
            case 0 -> JsonNumber.of((long) Byte.toUnsignedInt(file.get(ValueLayout.JAVA_BYTE, at)));
            case 1 -> JsonNumber.of((long) file.get(ValueLayout.JAVA_BYTE, at));
            case 2 -> JsonNumber.of((long) Short.toUnsignedInt(file.get(SHORT, at)));
            case 3 -> JsonNumber.of((long) file.get(SHORT, at));
            case 4 -> JsonNumber.of(Integer.toUnsignedLong(file.get(INT, at)));
            case 5 -> JsonNumber.of((long) file.get(INT, at));
            // in the shortest text, so that 1e-5 is 1e-5
            case 6 -> new JsonNumber(Float.toString(Float.intBitsToFloat(file.get(INT, at))));
            case 7 -> new JsonBoolean(truth(what, file.get(ValueLayout.JAVA_BYTE, at)));
            case 10 -> new JsonNumber(Long.toUnsignedString(file.get(LONG, at)));
            case 11 -> JsonNumber.of(file.get(LONG, at));
            default -> JsonNumber.of(Double.longBitsToDouble(file.get(LONG, at)));
        };
    }

    private boolean truth(String what, byte value) {
        if (value < 0 || value > 1) {
            throw error("%s: expected a boolean (0 or 1), found %d".formatted(what, value));
        }
        return value == 1;
    }
}
