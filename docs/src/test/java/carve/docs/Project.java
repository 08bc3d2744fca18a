package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of the checkout that is being built. */
final class Project {
    static final Path ROOT = Path.of(System.getProperty("carve.root"));
    private static final boolean WRITE = Boolean.getBoolean("carve.docs.write");

    private Project() {}

    /** Returns the README and the pages of the documentation. */
    static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            docs.filter(page -> page.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    /** Returns the folders of the reactor's modules, sorted. */
    static List<Path> modules() throws IOException {
        try (Stream<Path> folders = Files.list(ROOT)) {
            return folders.filter(folder -> Files.exists(folder.resolve("pom.xml")))
                    .sorted()
                    .toList();
        }
    }

    /** Compares a generated file with the one in the checkout, or writes it where the build was told to. */
    static void requireUpToDate(String name, String generated) throws IOException {
        Path file = ROOT.resolve("docs").resolve(name);
        if (WRITE) {
            Files.writeString(file, generated);
        }
        assertEquals(
                generated,
                Files.exists(file) ? Files.readString(file) : "",
                "docs/%s is out of date; write it with ./mvnw verify -pl docs -am -Dcarve.docs.write=true"
                        .formatted(name));
    }
}
