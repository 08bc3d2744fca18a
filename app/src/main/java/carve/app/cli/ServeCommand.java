package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.plugin.FolderWatcher;
import carve.app.plugin.ReloadablePlugins;
import carve.app.report.Terminal;
import carve.app.serve.EngineModelLoader;
import carve.app.serve.Server;
import carve.app.serve.ServerConfig;
import carve.app.serve.openai.ServedModel;
import carve.app.serve.openai.ServedModels;
import carve.app.serve.web.RunHandlers;
import carve.app.train.RunFolders;
import carve.app.train.RunPageData;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.AppConfig.GenerationConfigSource;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.PluginFolders;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.DraftModel;
import carve.runtime.engine.ModelEngine;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve serve}. */
final class ServeCommand implements Command {
    private static final Path RUNS = Path.of("runs");
    private static final Path DEMO = RUNS.resolve("demo");
    private static final int MIN_KEY_LENGTH = 8;

    // for saving caches and closing models, after answers have ended
    private static final Duration CLEAN_UP = Duration.ofSeconds(10);

    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<AppConfig> appConfig;

    @Inject
    ServeCommand(Terminal terminal, GlobalOptions globalOptions, Provider<AppConfig> appConfig) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.appConfig = appConfig;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.ofLongRunning(
                        ServeCommand.class,
                        "serve",
                        "Serve models over HTTP: a web page to chat with them, and an OpenAI-compatible API.",
                        "Stop it with Ctrl-C; answers in progress are finished first.")
                .parameters(String.class, "MODEL", "Folders of models, GGUF files or hf:ORG/NAME; or NAME=MODEL.")
                .flag("--demo", "Serve the models of `carve demo`, the teacher and its students.")
                .option(
                        "--draft",
                        String[].class,
                        "NAME=FOLDER",
                        "Draft model for speculative decoding of a served model; may be given more than once.")
                .option(
                        "--draft-tokens",
                        Integer.class,
                        "N",
                        "Tokens that draft models propose at a time; 4 if not given.")
                .option(
                        "--host",
                        String.class,
                        "ADDRESS",
                        "Address to listen on; 127.0.0.1 (this machine only) if not given.")
                .option("--port", Integer.class, "N", "Port to listen on, 8080 if not given; 0 for any free port.")
                .option(
                        "--api-key",
                        String[].class,
                        "KEY",
                        "An API key that requests must have; may be given more than once.")
                .option(
                        ChatTemplateOption.NAME,
                        String[].class,
                        "[NAME=]FILE",
                        "Chat template in Jinja for a served model, or for all; may be given more than once.")
                .option(
                        "--generation-config",
                        String.class,
                        "SOURCE",
                        "auto: parameters in a model's generation_config.json go over the settings; carve: they do not.")
                .option("--api-key-file", Path.class, "FILE", "File with an API key on each line.")
                .flag("--no-api-key", "Accept requests without an API key on an address that other machines can reach.")
                .option(
                        "--states",
                        Path.class,
                        "DIR",
                        "Folder of the prefix cache and of saved states; ~/.carve/states if not given.")
                .option(
                        "--runs",
                        Path.class,
                        "DIR",
                        "Folder of training runs that the page also shows; ./runs if not given.")
                .example("carve serve runs/linear/student")
                .example("carve serve big=models/teacher --draft big=runs/linear/student")
                .example("carve serve --demo")
                .example("carve serve teacher=models/HoVLE student=models/mmMamba --port 8081")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException, InterruptedException {
        AppConfig app = appConfig.get();
        TreeSettings serving = new TreeSettings(app.serving());
        ServerConfig config = ServerConfig.from(
                serving,
                app.generationConfig(),
                CommandOptions.valueOr(arguments, "--host", serving.string("host")),
                CommandOptions.valueOr(arguments, "--port", serving.integer("port")),
                keys(arguments),
                states(arguments));
        serving.requireAllRead();
        requireKey(config, CommandOptions.hasFlag(arguments, "--no-api-key"));
        Map<String, Path> folders = folders(arguments, terminal);
        RunHandlers runs = runs(arguments);
        PluginFolders places = PluginFolders.existing(app, globalOptions);
        Duration limit = Duration.ofMillis(config.shutdownMillis()).plus(CLEAN_UP);
        try (ShutdownRequest shutdown = ShutdownRequest.install(limit, terminal::printMessage);
                var plugins = ReloadablePlugins.open(
                        List.of(new ReferenceDeviceProvider()), places.builtIn(), places.user())) {
            shutdown.onTimeout(plugins::deleteCopies);
            FolderWatcher watch = plugins.watch();
            List<ServedModel> models = new ArrayList<>();
            EngineModelLoader opening = new EngineModelLoader(
                    plugins,
                    app,
                    config.engine().prefillChunk(),
                    config.engine().cacheFolder());
            requireServed(arguments, folders.keySet());
            GenerationConfig sampling = sampling(arguments, config);
            Map<String, Path> templates = templates(arguments, folders.keySet());
            try {
                folders.forEach((name, folder) -> {
                    terminal.printMessage("carve: opening %s, %s".formatted(name, folder));
                    ModelEngine engine = ModelEngine.open(
                            name,
                            () -> opening.load(folder, drafts(arguments, name), template(templates, name)),
                            config.engine());
                    models.add(ServedModel.of(engine, sampling, config.requestLimits()));
                });
                serve(terminal, config, models, runs, shutdown);
            } finally {
                watch.close();
                models.forEach(model -> model.engine().close());
            }
        }
        return 0;
    }

    private static GenerationConfig sampling(ParseResult arguments, ServerConfig config) {
        return CommandOptions.<String>find(arguments, "--generation-config")
                .map(source -> config.generationConfig().with(GenerationConfigSource.of(source, "--generation-config")))
                .orElse(config.generationConfig());
    }

    // by the name of the model; one file for all of them
    private static Map<String, Path> templates(ParseResult arguments, Set<String> models) {
        Map<String, Path> templates = new LinkedHashMap<>();
        for (String given : CommandOptions.valueOr(arguments, ChatTemplateOption.NAME, new String[0])) {
            int at = given.indexOf('=');
            String name = given.substring(0, Math.max(0, at));
            Path file = Path.of(at > 0 && models.contains(name) ? given.substring(at + 1) : given);
            for (String model : at > 0 && models.contains(name) ? Set.of(name) : models) {
                if (templates.put(model, file) != null) {
                    throw new SettingsException("%s: found two templates for the model '%s'; give one"
                            .formatted(ChatTemplateOption.NAME, model));
                }
            }
        }
        return templates;
    }

    private static List<Path> template(Map<String, Path> templates, String model) {
        return templates.containsKey(model) ? List.of(templates.get(model)) : List.of();
    }

    private static Map<String, Path> draftFolders(ParseResult arguments) {
        Map<String, Path> drafts = new LinkedHashMap<>();
        for (String draft : CommandOptions.valueOr(arguments, "--draft", new String[0])) {
            int at = draft.indexOf('=');
            if (at < 1 || drafts.put(draft.substring(0, at), Path.of(draft.substring(at + 1))) != null) {
                throw new SettingsException(
                        "--draft: found '%s'; expected NAME=FOLDER, once for each served model".formatted(draft));
            }
        }
        return drafts;
    }

    private static void requireServed(ParseResult arguments, Set<String> names) {
        draftFolders(arguments).keySet().forEach(name -> {
            if (!names.contains(name)) {
                throw new SettingsException("--draft: no model '%s' is served; there are %s".formatted(name, names));
            }
        });
    }

    private static List<EngineModelLoader.DraftOptions> drafts(ParseResult arguments, String name) {
        int tokens = CommandOptions.valueOr(arguments, "--draft-tokens", DraftModel.DEFAULT_DRAFT_TOKENS);
        return draftFolders(arguments).entrySet().stream()
                .filter(draft -> draft.getKey().equals(name))
                .map(draft -> new EngineModelLoader.DraftOptions(draft.getValue(), tokens))
                .toList();
    }

    // a folder that is there by itself is shown, one that was named must be there
    private static RunHandlers runs(ParseResult arguments) {
        Path folder = CommandOptions.valueOr(arguments, "--runs", RUNS);
        boolean shown = CommandOptions.find(arguments, "--runs").isPresent() || Files.isDirectory(folder);
        return new RunHandlers(
                shown ? Optional.of(new RunPageData(new RunFolders(folder), Clock.systemUTC())) : Optional.empty());
    }

    private static void serve(
            Terminal terminal,
            ServerConfig config,
            List<ServedModel> models,
            RunHandlers runs,
            ShutdownRequest shutdown)
            throws IOException, InterruptedException {
        try (Server server = Server.start(config, new ServedModels(models), runs)) {
            terminal.println("carve serves %s at %s"
                    .formatted(models.stream().map(ServedModel::name).toList(), server.address()));
            terminal.out().flush();
            shutdown.await();
            terminal.printMessage("carve: stopping");
        }
    }

    private static Map<String, Path> folders(ParseResult arguments, Terminal terminal) {
        Map<String, Path> folders = new LinkedHashMap<>();
        if (CommandOptions.hasFlag(arguments, "--demo")) {
            demo(folders, terminal);
        }
        for (String model : CommandOptions.<String>parameters(arguments, new String[0])) {
            int at = model.indexOf('=');
            Path folder = Path.of(model.substring(at + 1));
            String name = at > 0
                    ? model.substring(0, at)
                    : String.valueOf(folder.toAbsolutePath().normalize().getFileName());
            if (folders.put(name, folder) != null) {
                throw new SettingsException("two models are called '%s'; name them with NAME=FOLDER".formatted(name));
            }
        }
        if (folders.isEmpty()) {
            throw new SettingsException("no model to serve; give the folder of a model, or --demo");
        }
        return folders;
    }

    // the teacher comes with the sources; students are there once they were made
    private static void demo(Map<String, Path> folders, Terminal terminal) {
        folders.put("teacher", Path.of("demo", "teacher"));
        if (!Files.isDirectory(folders.get("teacher"))) {
            throw new SettingsException(
                    "the demo's teacher is not in demo/teacher; start carve in the folder of its sources");
        }
        for (String student : List.of("linear", "hybrid")) {
            Path folder = DEMO.resolve(student).resolve("student");
            if (Files.isDirectory(folder)) {
                folders.put(student, folder);
            } else {
                terminal.printMessage("carve: the demo's %s is not in %s; `carve demo` makes it, in some three minutes"
                        .formatted(student, folder));
            }
        }
    }

    private static List<Path> states(ParseResult arguments) {
        return CommandOptions.<Path>find(arguments, "--states").stream()
                .findFirst()
                .map(List::of)
                .orElseGet(() -> List.of(Path.of(System.getProperty("user.home"), ".carve", "states")));
    }

    private static Set<String> keys(ParseResult arguments) throws IOException {
        Set<String> keys = new LinkedHashSet<>(List.of(CommandOptions.valueOr(arguments, "--api-key", new String[0])));
        for (Path file :
                CommandOptions.<Path>find(arguments, "--api-key-file").stream().toList()) {
            Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .forEach(keys::add);
        }
        if (keys.stream().anyMatch(key -> key.length() < MIN_KEY_LENGTH)) {
            throw new SettingsException("API keys must have at least %d characters".formatted(MIN_KEY_LENGTH));
        }
        return keys;
    }

    private static void requireKey(ServerConfig config, boolean open) throws IOException {
        if (config.apiKeys().isEmpty()
                && !open
                && !InetAddress.getByName(config.host()).isLoopbackAddress()) {
            throw new SettingsException(
                    "%s is reachable from other machines; set API keys with --api-key or --api-key-file, or allow open access with --no-api-key"
                            .formatted(config.host()));
        }
    }
}
