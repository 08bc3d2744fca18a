package carve.app.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * An installable package of a plugin: the jar of its module, a folder with jars and {@code lib/}, or a zip of such a
 * folder.
 *
 * @param file the jar, folder or zip
 * @param maxBytes the greatest unpacked size of a zip
 */
record PluginPackage(Path file, long maxBytes) {
    /** The attribute of a jar's manifest that has the name of the plugin. */
    static final String ATTRIBUTE = "Carve-Plugin";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");
    private static final long MOST_BYTES = 4L << 30;
    private static final int MOST_ENTRIES = 100_000;

    PluginPackage(Path file) {
        this(file, MOST_BYTES);
    }

    /**
     * Copies or unpacks it into a folder, and refuses entries that lead out of it.
     *
     * @throws PluginException if it is none of the three, or an entry would leave the folder
     */
    void unpack(Path folder) throws IOException {
        String name = file.toString();
        if (Files.isDirectory(file)) {
            FileTrees.copy(file, folder);
        } else if (!Files.isRegularFile(file)) {
            throw new PluginException(
                    "%s: no such file; name a jar, a folder with jars, or a zip of it".formatted(file));
        } else if (name.endsWith(".jar")) {
            Files.createDirectories(folder);
            Files.copy(file, folder.resolve(file.getFileName()));
        } else if (name.endsWith(".zip")) {
            unzip(folder);
        } else {
            throw new PluginException("%s: neither a jar nor a folder with jars nor a zip of it".formatted(file));
        }
    }

    private void unzip(Path folder) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8)) {
            List<? extends ZipEntry> entries = zip.stream().toList();
            requireSafe(entries);
            String top = top(entries);
            long left = maxBytes;
            for (ZipEntry entry : entries) {
                String path = entry.getName().substring(top.length());
                if (!entry.isDirectory() && !path.isEmpty()) {
                    left -= write(zip, entry, folder.resolve(path), left);
                }
            }
        }
    }

    private void requireSafe(List<? extends ZipEntry> entries) {
        String escaping = entries.stream()
                .map(ZipEntry::getName)
                .filter(InspectedJar::escapes)
                .collect(Collectors.joining(", "));
        if (!escaping.isEmpty()) {
            throw new PluginException(
                    "%s has entries that lead out of the folder where it is unpacked: %s; do not use it, and tell where you have it from"
                            .formatted(file, escaping));
        }
        if (entries.size() > MOST_ENTRIES) {
            throw new PluginException(
                    "%s has %d entries, the limit is %d".formatted(file, entries.size(), MOST_ENTRIES));
        }
    }

    // many zips have a single top folder
    private static String top(List<? extends ZipEntry> entries) {
        List<String> tops = entries.stream()
                .map(entry -> entry.getName().substring(0, entry.getName().indexOf('/') + 1))
                .distinct()
                .toList();
        return tops.size() == 1 && !tops.getFirst().equals(PluginFiles.LIBRARIES + "/") ? tops.getFirst() : "";
    }

    private long write(ZipFile zip, ZipEntry entry, Path target, long left) throws IOException {
        Files.createDirectories(target.getParent());
        try (InputStream stream = new LimitedInputStream(zip.getInputStream(entry), left)) {
            return Files.copy(stream, target);
        } catch (TooLongException e) {
            throw new PluginException(
                    "%s unpacks to more than %d bytes, the limit; a folder has none".formatted(file, maxBytes), e);
        }
    }

    /**
     * Returns the name of the plugin in a folder: the attribute {@value #ATTRIBUTE} of a jar's manifest, else the name
     * of the jar, folder or zip without its version, else the last word of its module's name, whichever is a valid name
     * first.
     *
     * @throws PluginException if none of them is a plugin's name
     */
    static String name(Path folder, Path from) {
        List<Path> jars = new PluginFiles("unnamed", folder).jars();
        Optional<String> told =
                jars.stream().flatMap(jar -> attribute(jar).stream()).findFirst();
        if (told.isPresent()) {
            return requireName(told.get());
        }
        String file = from.toAbsolutePath()
                .normalize()
                .getFileName()
                .toString()
                .replaceFirst("\\.(jar|zip)$", "")
                .replaceFirst("-[0-9]+\\.[0-9].*$", "");
        return requireName(NAME.matcher(file).matches() ? file : module(jars).orElse(file));
    }

    private static Optional<String> module(List<Path> jars) {
        return jars.stream()
                .flatMap(jar -> InspectedJar.module(jar).descriptor().stream())
                .min(Comparator.comparing(
                                (ModuleDescriptor found) -> found.provides().isEmpty())
                        .thenComparing(ModuleDescriptor::name))
                .map(found -> found.name().substring(found.name().lastIndexOf('.') + 1));
    }

    private static Optional<String> attribute(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return Optional.ofNullable(file.getManifest())
                    .map(manifest -> manifest.getMainAttributes().getValue(ATTRIBUTE));
        } catch (IOException | SecurityException e) {
            return Optional.empty(); // the checks tell what is wrong with it
        }
    }

    /** Returns a name if it is valid for a plugin. */
    static String requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new PluginException(
                    "'%s' cannot be the name of a plugin, which has lower-case letters, digits and dashes; choose another with --name"
                            .formatted(name));
        }
        return name;
    }

    /** Thrown when a stream is longer than its limit. */
    private static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** A stream with a limit, which fails beyond it. */
    private static final class LimitedInputStream extends java.io.FilterInputStream {
        private long left;

        private LimitedInputStream(InputStream stream, long left) {
            super(stream);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            count(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            count(Math.max(0, read));
            return read;
        }

        private void count(int read) throws IOException {
            left -= read;
            if (left < 0) {
                throw new TooLongException();
            }
        }
    }
}
