package carve.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The published artifacts, as this build has made them: the api, its tests, the library and the plugins that programs embed. */
final class PublishedArtifacts {
    static final Path ROOT = Path.of(System.getProperty("carve.root"));
    static final String VERSION = System.getProperty("carve.version");
    static final List<String> MODULES =
            List.of("api", "testkit", "runtime", "hocon", "yaml", "attention", "mamba2", "distill", "models", "cpu");

    private static final Set<String> PLUGINS = Set.of("attention", "mamba2", "distill", "models", "cpu", "cuda");

    private static final Path LOCAL = Path.of(System.getProperty("carve.repository"));
    private static final String GROUP = "dev/carve";

    private PublishedArtifacts() {}

    /** Returns a file that a module's build has made. */
    static Path built(String module, String suffix) {
        return folder(module).resolve("target/carve-%s-%s%s".formatted(module, VERSION, suffix));
    }

    /** Returns the POM that a module is published with. */
    static Path pom(String module) {
        return folder(module).resolve("target/flattened-pom.xml");
    }

    private static Path folder(String module) {
        return ROOT.resolve(PLUGINS.contains(module) ? "plugin-" + module : module);
    }

    /**
     * Makes a local repository of Maven's in which our artifacts are installed and the user's own is otherwise seen through
     * links: nothing of ours comes to the user's, and what is there need not be fetched again.
     */
    static Path install(Path repository) throws IOException {
        Path own = repository.resolve(GROUP);
        Files.createDirectories(own);
        link(LOCAL, repository);
        link(LOCAL.resolve("dev"), repository.resolve("dev"));
        for (String module : MODULES) {
            String artifact = "carve-" + module;
            Path folder = Files.createDirectories(own.resolve(artifact).resolve(VERSION));
            Files.copy(built(module, ".jar"), folder.resolve("%s-%s.jar".formatted(artifact, VERSION)));
            Files.copy(pom(module), folder.resolve("%s-%s.pom".formatted(artifact, VERSION)));
        }
        return repository;
    }

    private static void link(Path from, Path to) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                Path target = to.resolve(entry.getFileName());
                if (!Files.exists(target)) {
                    Files.createSymbolicLink(target, entry.toRealPath());
                }
            }
        }
    }
}
