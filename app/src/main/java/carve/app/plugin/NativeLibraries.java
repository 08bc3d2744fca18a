package carve.app.plugin;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The detection of a native library's platform by its first bytes: ELF, PE and Mach-O. */
final class NativeLibraries {
    /** The number of bytes that contain the platform. */
    static final int HEADER = 1024;

    private static final Pattern NAME = Pattern.compile(".*\\.(so(\\.[0-9.]+)?|dll|dylib|jnilib)");
    private static final int ELF = 0x7F454C46;
    private static final int ELF_MACHINE = 18;
    private static final int PE = 0x5A4D;
    private static final int PE_OFFSET = 0x3C;
    private static final int PE_MACHINE = 4;
    private static final int MACH_O = 0xFEEDFACF;
    private static final Map<Integer, String> ELF_MACHINES =
            Map.of(0x3E, "x86_64", 0xB7, "aarch64", 0x03, "x86", 0x28, "arm", 0xF3, "riscv64", 0x15, "ppc64");
    private static final Map<Integer, String> PE_MACHINES = Map.of(0x8664, "x86_64", 0xAA64, "aarch64", 0x014C, "x86");
    private static final Map<Integer, String> MACH_MACHINES = Map.of(0x01000007, "x86_64", 0x0100000C, "aarch64");

    private NativeLibraries() {}

    /** Returns whether an entry of a jar is a native library by its name. */
    static boolean isNativeLibrary(String entry) {
        boolean likely = entry.contains(".so") || entry.contains(".d") || entry.endsWith(".jnilib");
        return likely && NAME.matcher(entry).matches();
    }

    /**
     * Returns the platform of a library, such as {@code linux-x86_64}; empty if its first bytes are of no known format.
     */
    static Optional<String> platform(byte[] header) {
        ByteBuffer bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        if (header.length < PE_OFFSET + Integer.BYTES) {
            return Optional.empty();
        }
        if (Integer.reverseBytes(bytes.getInt(0)) == ELF) {
            return platform("linux", ELF_MACHINES, Short.toUnsignedInt(bytes.getShort(ELF_MACHINE)));
        }
        if (bytes.getInt(0) == MACH_O) {
            return platform("macos", MACH_MACHINES, bytes.getInt(Integer.BYTES));
        }
        int at = bytes.getInt(PE_OFFSET) + PE_MACHINE;
        if (Short.toUnsignedInt(bytes.getShort(0)) == PE && at >= 0 && at + Short.BYTES <= header.length) {
            return platform("windows", PE_MACHINES, Short.toUnsignedInt(bytes.getShort(at)));
        }
        return Optional.empty();
    }

    private static Optional<String> platform(String system, Map<Integer, String> machines, int code) {
        return Optional.ofNullable(machines.get(code)).map(machine -> system + "-" + machine);
    }

    /** Returns the platform of this process. */
    static String currentPlatform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String name = system.startsWith("mac") ? "macos" : system.startsWith("windows") ? "windows" : "linux";
        return name + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
    }
}
