package carve.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An empty folder outside the repository, in which command lines run with the program, Maven and a JDK 25. */
final class ExternalWorkspace {
    private static final Path PROGRAM = PublishedArtifacts.ROOT.resolve("app/target/carve");
    private static final String JAVA = System.getProperty("java.home");
    private static final long MINUTES = 30;

    private final Path folder;
    private final Path repository;

    /** Makes the folder empty, and a local repository beside it. */
    ExternalWorkspace(Path folder) throws IOException {
        this.folder = folder.toAbsolutePath();
        delete(this.folder);
        Files.createDirectories(this.folder);
        repository = PublishedArtifacts.install(this.folder.resolve("repository"));
    }

    // links are deleted, what they lead to is not
    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** Returns the folder. */
    Path folder() {
        return folder;
    }

    /** Runs a command of carve, which must succeed, and returns what it printed. */
    String carve(String... line) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                JAVA + "/bin/java",
                "@" + PROGRAM.resolve("carve.args"),
                "-Dcarve.home=" + PROGRAM,
                "-p",
                PROGRAM.resolve("modules").toString(),
                "-m",
                "carve.app/carve.app.Main"));
        command.addAll(List.of(line));
        return run(folder, command);
    }

    /** Copies the sources of an example into the folder, without anything that was built before. */
    void copyExample(String name) throws IOException {
        Path from = PublishedArtifacts.ROOT.resolve("examples").resolve(name);
        Path to = folder.resolve(name);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path path = from.relativize(file);
                if (!path.startsWith("target")) {
                    Files.createDirectories(to.resolve(path).getParent());
                    Files.copy(file, to.resolve(path));
                }
            }
        }
    }

    /** Runs a java command in the folder, which must succeed, and returns what it printed. */
    String java(List<String> line) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(JAVA + "/bin/java"));
        command.addAll(line);
        return run(folder, command);
    }

    /** Builds a plugin with the Maven wrapper that was written with it, offline. */
    void buildWithWrapper(String project) throws IOException, InterruptedException {
        Path build = folder.resolve(project);
        run(build, buildWithMaven(build.resolve("mvnw").toString(), "-o"));
    }

    /** Builds projects with the Maven that builds this. */
    void buildWithMaven(List<String> projects) throws IOException, InterruptedException {
        Path all = folder.resolve("pom.xml");
        StringBuilder modules = new StringBuilder();
        projects.forEach(project -> modules.append("<module>%s</module>".formatted(project)));
        // several builds at one start of Maven: none of them knows of it
        Files.writeString(all, """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>stranger</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
                  <modules>%s</modules>
                </project>
                """.formatted(modules));
        run(
                folder,
                buildWithMaven(
                        Path.of(System.getProperty("carve.maven"), "bin", "mvn").toString(), "--fail-at-end"));
    }

    private List<String> buildWithMaven(String program, String option) {
        return List.of(program, "-B", "-q", option, "-Dmaven.repo.local=" + repository, "verify");
    }

    /** Runs a class of these tests in a JVM that has the program on its module path. */
    String runWithProgram(Class<?> main, String... line) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                JAVA + "/bin/java",
                "@" + PROGRAM.resolve("carve.args"),
                "-p",
                PROGRAM.resolve("modules").toString(),
                "--add-modules",
                "carve.app",
                "--add-exports",
                "carve.app/carve.app.plugin=ALL-UNNAMED",
                "-cp",
                PublishedArtifacts.ROOT
                        .resolve("examples-it/target/test-classes")
                        .toString(),
                main.getName()));
        command.addAll(List.of(line));
        return run(folder, command);
    }

    private String run(Path where, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment());
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
        process.destroyForcibly();
        String printed = Files.readString(out);
        if (!ended || process.exitValue() != 0) {
            throw new AssertionError("%s in %s %s:%n%s%n%s"
                    .formatted(
                            String.join(" ", command),
                            where,
                            ended ? "failed" : "took more than " + MINUTES + " minutes",
                            printed,
                            Files.readString(err)));
        }
        Files.delete(out);
        Files.delete(err);
        return printed;
    }

    private Map<String, String> environment() {
        return Map.of(
                "JAVA_HOME",
                JAVA,
                "CARVE_PLUGINS",
                folder.resolve("installed").toString(),
                "MAVEN_OPTS",
                "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    }
}
