package carve.hocon;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The {@code include} of HOCON, limited to files in one folder and the folders below it.
 *
 * <p>Settings come from strangers, so nothing is read over the network, from the class path, by an absolute path, through
 * {@code ..}, or through a link that leads out of the folder. A file that is not there is left out, unless the include is
 * {@code required}.
 */
final class FolderIncluder implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    private static final int MAX_FILES = 64;
    private static final List<String> EXTENSIONS = List.of(".conf", ".json", ".properties");

    private final Optional<Path> root;
    private final Path folder;
    private final HoconText including;
    private final AtomicInteger files;

    private FolderIncluder(Optional<Path> root, Path folder, HoconText including, AtomicInteger files) {
        this.root = root;
        this.folder = folder;
        this.including = including;
        this.files = files;
    }

    /**
     * Makes the includer of a file.
     *
     * @param file the file, whose folder is the limit
     * @param text what it says
     */
    static FolderIncluder of(Path file, HoconText text) {
        Path folder = file.getParent();
        return new FolderIncluder(Optional.of(folder), folder, text, new AtomicInteger());
    }

    /** Makes the includer of a text that is no file, which includes nothing. */
    static FolderIncluder none(HoconText text) {
        return new FolderIncluder(Optional.empty(), Path.of(""), text, new AtomicInteger());
    }

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
        return this; // the library's own would fetch what this refuses
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
        return includeFile(context, new File(what));
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
        throw refused(what, "is on the class path");
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
        throw refused(including.placeOf(what.getPath()), what.toExternalForm(), "is a URL");
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
        String name = what.getPath();
        Config included = candidates(name)
                .filter(Files::isRegularFile)
                .map(file -> parse(context.parseOptions(), file, name))
                .reduce(Config::withFallback)
                .orElse(ConfigFactory.empty());
        if (included.isEmpty()
                && !context.parseOptions().getAllowMissing()
                && candidates(name).noneMatch(Files::isRegularFile)) {
            throw refused(name, "is not there");
        }
        return included.root();
    }

    private Stream<Path> candidates(String name) {
        Path file = resolve(name);
        boolean exact = EXTENSIONS.stream().anyMatch(name::endsWith);
        return exact ? Stream.of(file) : EXTENSIONS.stream().map(end -> file.resolveSibling(file.getFileName() + end));
    }

    private Path resolve(String name) {
        if (root.isEmpty()) {
            throw refused(name, "is in a text that is no file");
        }
        try {
            Path relative = Path.of(name);
            if (relative.isAbsolute()
                    || name.isBlank()
                    || Stream.of(name.split("[/\\\\]")).anyMatch(".."::equals)) {
                throw refused(name, "is not a path in that folder");
            }
            return folder.resolve(relative);
        } catch (InvalidPathException e) {
            throw refused(name, "is not a path in that folder");
        }
    }

    private Config parse(ConfigParseOptions options, Path file, String name) {
        try {
            if (!file.toRealPath().startsWith(root.orElseThrow().toRealPath())) {
                throw refused(name, "is a link that leads out of it");
            }
        } catch (IOException e) {
            throw refused(name, "cannot be read: " + e.getMessage());
        }
        if (files.incrementAndGet() > MAX_FILES) {
            throw refused(name, "is one file too many, the limit is " + MAX_FILES);
        }
        HoconText text = HoconText.read(file, file.toString());
        return text.parse(options.setIncluder(new FolderIncluder(root, file.getParent(), text, files)));
    }

    private ConfigException refused(String what, String reason) {
        return refused(including.placeOf(what), what, reason);
    }

    private ConfigException refused(String place, String what, String reason) {
        String allowed = root.map(path -> "only files in the folder %s are included".formatted(path))
                .orElse("write here what it says");
        return new ConfigException.Generic(
                "%s: include of '%s' is refused: it %s; %s".formatted(place, what, reason, allowed));
    }
}
