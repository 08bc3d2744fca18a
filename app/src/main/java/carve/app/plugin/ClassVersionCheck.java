package carve.app.plugin;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A check for classes that this Java cannot run, by the versions in their first bytes. */
final class ClassVersionCheck {
    /** The number of bytes that contain the version. */
    static final int HEADER = 8;

    private static final int MAGIC = 0xCAFEBABE;
    private static final int PREVIEW = 0xFFFF;
    // class files of Java 1 have version 45
    private static final int BEFORE_JAVA = 44;

    private final List<String> unusable = new ArrayList<>();
    private String first = "";

    /** Takes the first bytes of a class. */
    void add(String entry, byte[] header) {
        unsupportedVersion(header).ifPresent(verdict -> {
            unusable.add(entry);
            first = first.isEmpty() ? "%s is %s".formatted(entry, verdict) : first;
        });
    }

    private static Optional<String> unsupportedVersion(byte[] header) {
        if (header.length < HEADER || ByteBuffer.wrap(header).getInt() != MAGIC) {
            return Optional.of("no class file");
        }
        int minor = Short.toUnsignedInt(ByteBuffer.wrap(header).getShort(4));
        int java = Short.toUnsignedInt(ByteBuffer.wrap(header).getShort(6)) - BEFORE_JAVA;
        if (java > Runtime.version().feature()) {
            return Optional.of("for Java %d (class file version %d)".formatted(java, java + BEFORE_JAVA));
        }
        return minor == PREVIEW ? Optional.of("compiled with preview features of Java " + java) : Optional.empty();
    }

    boolean allUsable() {
        return unusable.isEmpty();
    }

    /** Returns whether any of these was found unusable. */
    boolean has(String entry) {
        return unusable.contains(entry);
    }

    /**
     * Returns a description of the findings, such as {@code A.class is for Java 26 (class file version 70), and 3 more;
     * this is Java 25}.
     */
    String describe() {
        String more = unusable.size() > 1 ? ", and %d more like it".formatted(unusable.size() - 1) : "";
        return "%s%s; this is Java %d".formatted(first, more, Runtime.version().feature());
    }
}
