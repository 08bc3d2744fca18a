package carve.app.plugin.authoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.testkit.MixerContract;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a new plugin is called, its sources compile, with all warnings as errors. */
final class NewPluginNamesTest {
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    private static final String PATH =
            System.getProperty("jdk.module.path") + java.io.File.pathSeparator + System.getProperty("java.class.path");

    // dashes, digits at the end, single letters, keywords, words of module-info and of HOCON
    private static final List<String> WORDS = List.of(
            "long-memory",
            "mamba3",
            "x",
            "a-1",
            "rwkv7-2-9b",
            "int",
            "new",
            "class",
            "goto",
            "true",
            "null",
            "record",
            "var",
            "open",
            "module",
            "requires",
            "with",
            "to",
            "transitive",
            "include",
            "yield",
            "enum",
            "carve",
            "java",
            "org");

    // in camel case names of types: in java.lang, in java.util, of Carve's, of the templates' own, and nested ones
    private static final List<String> TYPES = List.of(
            "list",
            "string",
            "object",
            "record",
            "math",
            "override",
            "map",
            "path",
            "mixer",
            "loss",
            "stage",
            "device",
            "model-family",
            "reference-device",
            "swi-glu-kernel",
            "swiglu-kernel",
            "kernel",
            "letters",
            "provider",
            "tensor",
            "counted-positions",
            "settings",
            "reduction",
            "checkpoint",
            "test",
            "mixer-contract",
            "tolerance");

    @TempDir
    private Path work;

    private Path write(String name, PluginKind kind) throws IOException {
        Path folder = work.resolve(name);
        new PluginScaffold(PluginName.of(name, kind), kind).write(folder, Set.of());
        return folder;
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private void compile(List<String> options, List<Path> sources) throws IOException {
        List<String> all = new ArrayList<>(
                List.of("-proc:none", "-Werror", "-d", work.resolve("classes").toString()));
        all.addAll(options);
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = COMPILER.getStandardFileManager(null, null, null)) {
            COMPILER.getTask(messages, files, null, all, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
        }
        assertEquals("", messages.toString());
    }

    // all of them at once: each has its package
    @ParameterizedTest
    @EnumSource
    void sourcesAndTestsOfEveryNameCompile(PluginKind kind) throws IOException {
        compileAll(Stream.concat(WORDS.stream(), TYPES.stream()), kind);
    }

    private void compileAll(Stream<String> names, PluginKind kind) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String name : names.distinct().toList()) {
            Path folder = work.resolve(name);
            PluginName own = new PluginName(name, "org.example.n" + sources.size());
            new PluginScaffold(own, kind).write(folder, Set.of());
            sources(folder).stream()
                    .filter(file -> !file.endsWith("module-info.java"))
                    .forEach(sources::add);
        }
        compile(List.of("-Xlint:all,-path", "-cp", PATH), sources);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mamba3", "open", "module", "with", "to", "transitive", "requires", "int", "list", "exports-2"})
    void moduleCompiles(String name) throws IOException {
        List<Path> sources = sources(write(name, PluginKind.LOSS).resolve("src/main"));
        String lint = lint(work.resolve(name).resolve("pom.xml"));
        compile(List.of(lint, "-p", System.getProperty("jdk.module.path")), sources);
    }

    // as the build that was written says
    private static String lint(Path pom) throws IOException {
        return Files.readString(pom)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("<arg>-Xlint"))
                .map(line -> line.replaceAll("</?arg>", ""))
                .findFirst()
                .orElseThrow();
    }

    /** A type that a template does not name may still hide the plugin's class, if the class inherits it as a member. */
    @ParameterizedTest
    @EnumSource
    void namesOfInheritedTypesCompile(PluginKind kind) throws IOException {
        compileAll(
                inherited()
                        .map(name ->
                                name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT)),
                kind);
    }

    private static Stream<String> inherited() {
        return Stream.of(
                        carve.api.mixer.Mixer.class,
                        carve.api.mixer.MixerProvider.class,
                        carve.api.loss.Loss.class,
                        carve.api.stage.Stage.class,
                        carve.api.device.Device.class,
                        carve.api.device.DeviceProvider.class,
                        carve.api.device.Kernel.class,
                        carve.api.model.ModelFamily.class,
                        carve.api.text.Processor.class,
                        MixerContract.class,
                        MixerContract.class.getSuperclass(),
                        carve.testkit.LossContract.class,
                        carve.testkit.StageContract.class,
                        carve.testkit.DeviceContract.class,
                        carve.testkit.KernelContract.class,
                        carve.testkit.FamilyContract.class)
                .flatMap(type -> Stream.of(type.getDeclaredClasses()))
                .map(Class::getSimpleName)
                .filter(name -> !name.isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "long-memory, MIXER, LongMemory",
        "mamba3, MIXER, Mamba3",
        "list, MIXER, ListMixer",
        "string, LOSS, StringLoss",
        "mixer, MIXER, MixerMixer",
        "reference-device, DEVICE, ReferenceDeviceDevice",
        "swiglu-kernel, DEVICE, SwigluKernelDevice"
    })
    void theKindFollowsWhereTheNameIsThatOfAnotherType(String name, PluginKind kind, String className) {
        assertEquals(className, new PluginScaffold(PluginName.of(name, kind), kind).className());
    }

    @ParameterizedTest
    @CsvSource({"long-memory, longmemory", "mamba3, mamba3", "int, intmixer", "in-t, intmixer", "true, truemixer"})
    void thePackageIsTheNameUnlessThatIsAKeyword(String name, String word) {
        assertEquals(
                "org.example." + word, PluginName.of(name, PluginKind.MIXER).packageName());
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable naming) {
        assertEquals(message, assertThrows(SettingsException.class, naming).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Mamba", "3d", "-x", "x-", "x--y", "x_y", "x.y", "x y", "größe"})
    void otherNamesAreRefused(String name) {
        refused(
                "the name of a plugin is words of a-z and 0-9 with dashes between, such as long-memory; found '%s'"
                        .formatted(name),
                () -> PluginName.of(name, PluginKind.MIXER));
    }

    @Test
    void namesWithAMeaningOfTheirOwnAreRefused() {
        refused(
                "'keep' cannot be the name of a mixer: plans and settings give it another meaning; choose another name",
                () -> new PluginScaffold(PluginName.of("keep", PluginKind.MIXER), PluginKind.MIXER));
        refused(
                "'auto' cannot be the name of a device: plans and settings give it another meaning; choose another name",
                () -> new PluginScaffold(PluginName.of("auto", PluginKind.DEVICE), PluginKind.DEVICE));
        assertEquals("Keep", new PluginScaffold(PluginName.of("keep", PluginKind.LOSS), PluginKind.LOSS).className());
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "org.example.int", "org..x", "org.3d", ""})
    void packagesThatAreNoneAreRefused(String packageName) {
        refused(
                "--package must be two words or more with dots between, none of them a keyword of Java, such as org.example.memory; found '%s'"
                        .formatted(packageName),
                () -> new PluginName("memory", packageName));
    }

    @ParameterizedTest
    @ValueSource(strings = {"carve.memory", "java.memory", "javax.memory", "jdk.memory"})
    void packagesOfOthersAreRefused(String packageName) {
        refused(
                "--package '%s' belongs to Carve or to the JDK; choose one of your own, such as org.example.longmemory"
                        .formatted(packageName),
                () -> new PluginName("long-memory", packageName));
    }
}
