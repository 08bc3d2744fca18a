package carve.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The artifacts that plugins are built against: carve-api, carve-runtime and carve-testkit, as this build has made them. */
final class PublishedArtifacts {
    static final Path ROOT = Path.of(System.getProperty("carve.root"));
    static final String VERSION = System.getProperty("carve.version");
    static final List<String> MODULES = List.of("api", "runtime", "testkit");

    private static final Path LOCAL = Path.of(System.getProperty("carve.repository"));
    private static final String GROUP = "dev/carve";

    private PublishedArtifacts() {}

    /** Returns a file that a module's build has made. */
    static Path built(String module, String suffix) {
        return ROOT.resolve(module).resolve("target/carve-%s-%s%s".formatted(module, VERSION, suffix));
    }

    /** Returns the POM that a module is published with. */
    static Path pom(String module) {
        return ROOT.resolve(module).resolve("target/flattened-pom.xml");
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
