package carve.app.plugin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A zip of a plugin's folder.
 *
 * <p>The names of its entries are checked before anything is read, those that remain once more after its one top folder has
 * been taken off. Links in a zip are not made: their entries are files with the text of the link.
 *
 * @param file the zip
 * @param zip the same, open
 * @param files its entries by their paths in the plugin's folder
 * @param maxBytes the greatest unpacked size
 */
record ZipPackage(Path file, ZipFile zip, Map<String, ZipEntry> files, long maxBytes) implements PluginPackage {
    /** The greatest unpacked size of a zip. */
    static final long MAX_BYTES = 4L << 30;

    private static final int MAX_ENTRIES = 100_000;
    private static final String ADVICE = "do not use it, and tell where you have it from";
    private static final int SHOWN = 8;

    /**
     * Opens a zip.
     *
     * @throws PluginException if a name is not a path in the folder, or two cannot be in one folder together
     * @throws IOException if it cannot be read
     */
    static ZipPackage open(Path file, long maxBytes) throws IOException {
        ZipFile zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8);
        try {
            return new ZipPackage(file, zip, files(file, zip), maxBytes);
        } catch (RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static Map<String, ZipEntry> files(Path file, ZipFile zip) {
        if (zip.size() > MAX_ENTRIES) {
            throw new PluginException("%s has %d entries, the limit is %d".formatted(file, zip.size(), MAX_ENTRIES));
        }
        List<? extends ZipEntry> entries = zip.stream().toList();
        List<String> names = entries.stream().map(ZipPackage::path).toList();
        requireRelative(file, names);
        String top = top(entries);
        Map<String, ZipEntry> files = new LinkedHashMap<>();
        for (ZipEntry entry : entries) {
            if (!entry.isDirectory()) {
                files.putIfAbsent(entry.getName().substring(top.length()), entry);
            }
        }
        requireRelative(file, files.keySet());
        requireDistinct(
                file,
                entries.stream()
                        .filter(entry -> !entry.isDirectory())
                        .map(ZipEntry::getName)
                        .toList());
        return files;
    }

    private static String path(ZipEntry entry) {
        String name = entry.getName();
        return entry.isDirectory() ? name.substring(0, name.length() - 1) : name;
    }

    private static void requireRelative(Path file, Collection<String> names) {
        List<String> wrong =
                names.stream().filter(name -> !EntryNames.isRelativePath(name)).toList();
        if (!wrong.isEmpty()) {
            throw new PluginException("%s has entries that are not paths of files in its folder: %s; %s"
                    .formatted(file, shown(wrong), ADVICE));
        }
    }

    private static void requireDistinct(Path file, Collection<String> names) {
        Collection<String> colliding = EntryNames.collisions(names);
        if (!colliding.isEmpty()) {
            throw new PluginException("%s has entries that would replace each other where it is unpacked: %s; %s"
                    .formatted(file, shown(colliding), ADVICE));
        }
    }

    private static String shown(Collection<String> names) {
        List<String> some = names.stream()
                .limit(SHOWN)
                .map(name -> name.codePoints()
                        .limit(100)
                        .map(c -> Character.isISOControl(c) ? '?' : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString())
                .toList();
        int more = names.size() - some.size();
        return String.join(", ", some) + (more > 0 ? " and %d more".formatted(more) : "");
    }

    // many zips have a single top folder
    private static String top(List<? extends ZipEntry> entries) {
        List<String> tops = entries.stream()
                .map(entry -> entry.getName().substring(0, entry.getName().indexOf('/') + 1))
                .distinct()
                .toList();
        return tops.size() == 1 && !tops.getFirst().equals(PluginFiles.LIBRARIES + "/") ? tops.getFirst() : "";
    }

    @Override
    public List<JarSource> modules() {
        return jars("");
    }

    @Override
    public List<JarSource> libraries() {
        return jars(PluginFiles.LIBRARIES + "/");
    }

    private List<JarSource> jars(String folder) {
        return new TreeSet<>(files.keySet())
                .stream()
                        .filter(path -> path.startsWith(folder)
                                && path.indexOf('/', folder.length()) < 0
                                && PluginFiles.isJar(path.substring(folder.length())))
                        .map(path -> (JarSource) new JarSource.Nested(path, zip, files.get(path), maxBytes))
                        .toList();
    }

    @Override
    public void unpack(Path folder) throws IOException {
        UnpackFolder target = new UnpackFolder(folder);
        long left = maxBytes;
        for (Map.Entry<String, ZipEntry> entry : files.entrySet()) {
            try (LimitedInputStream content = new LimitedInputStream(zip.getInputStream(entry.getValue()), left)) {
                target.write(entry.getKey(), content);
                left = content.left();
            } catch (LimitedInputStream.LimitExceededException e) {
                throw new PluginException(
                        "%s unpacks to more than %d bytes, the limit; a folder has none".formatted(file, maxBytes), e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
