package carve.app.cli;

import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.TensorType;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.train.RecipeExecution;
import carve.app.wiring.ModelOpener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve inspect}. */
final class InspectCommand implements Command {
    private static final List<Long> LENGTHS = List.of(1024L, 16 * 1024L, 103 * 1024L);

    private final Terminal terminal;
    private final ModelOpener modelOpener;
    private final Provider<Catalogs> catalogs;
    private final RecipeExecution recipeExecution;

    @Inject
    InspectCommand(
            Terminal terminal, ModelOpener modelOpener, Provider<Catalogs> catalogs, RecipeExecution recipeExecution) {
        this.terminal = terminal;
        this.modelOpener = modelOpener;
        this.catalogs = catalogs;
        this.recipeExecution = recipeExecution;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        InspectCommand.class,
                        "inspect",
                        "Show a model: layers, parameters, bytes, and the size of its state. Weights are checked, not loaded.")
                .parameter(
                        Path.class,
                        "MODEL",
                        "Folder with config.json, and optionally weights; a GGUF file, or hf:ORG/NAME; a recipe with --training.")
                .option("--at", Long.class, "N", "Also show the size of the state at a context of N tokens.")
                .flag("--training", "Show the memory of training by layer, and by stage if MODEL is a recipe.")
                .option(
                        "--positions",
                        Integer.class,
                        "N",
                        "With --training: tokens of each text sample; 2048 if not given.")
                .option(
                        "--weights",
                        String.class,
                        "TYPE",
                        "With --training: type of frozen parameters, f32 or bf16; f32 if not given.")
                .example("carve inspect models/mmmamba-hybrid")
                .example("carve inspect models/mmmamba-hybrid --at 32768")
                .example("carve inspect models/mmmamba-hybrid --training")
                .example("carve inspect hybrid.conf --training --positions 4096")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        if (TrainingMemoryReport.requested(arguments)) {
            new TrainingMemoryReport(arguments, terminal, catalogs, modelOpener, recipeExecution).print();
            return 0;
        }
        List<Long> lengths = LongStream.concat(
                        LENGTHS.stream().mapToLong(Long::longValue),
                        CommandOptions.<Long>find(arguments, "--at").stream().mapToLong(Long::longValue))
                .sorted()
                .distinct()
                .boxed()
                .toList();
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0))) {
            layers(terminal, folder.spec());
            totals(terminal, folder);
            states(terminal, folder.spec(), lengths);
        }
        return 0;
    }

    private static void layers(Terminal terminal, ModelSpec spec) {
        TextTable textTable =
                new TextTable("LAYER", "LABEL", "MIXER", "PARAMETERS", "OF MIXER", "STATE/TOKEN", "STATE AT 16K");
        for (int i = 0; i < spec.layers().size(); i++) {
            Block block = spec.layers().get(i);
            textTable.row(
                    i,
                    block.label(),
                    block.mixerSpec().name(),
                    HumanReadable.count(size(block.parameters())),
                    HumanReadable.count(size(block.mixer().parameters())),
                    perToken(block),
                    HumanReadable.bytes(block.mixer().stateBytes(1, 16 * 1024)));
        }
        textTable.print(terminal);
    }

    private static String perToken(Block block) {
        return block.mixer().hasConstantState()
                ? "0 B"
                : HumanReadable.bytes(
                        block.mixer().stateBytes(1, 1025) - block.mixer().stateBytes(1, 1024));
    }

    private static long size(List<ParamSpec> specs) {
        return specs.stream().mapToLong(spec -> spec.shape().size()).sum();
    }

    private static void totals(Terminal terminal, ModelFolder folder) {
        ModelSpec spec = folder.spec();
        long carried = size(spec.extraTensors());
        terminal.println("");
        terminal.println("family      " + spec.family());
        terminal.println("layers      %d, width %d, vocabulary %s"
                .formatted(spec.layers().size(), spec.hidden(), HumanReadable.count(spec.vocabulary())));
        terminal.println("mixers      " + mixers(spec));
        terminal.println("parameters  %s%s"
                .formatted(
                        HumanReadable.count(size(spec.parameters()) + carried),
                        carried == 0
                                ? ""
                                : ", %s of them carried along unused".formatted(HumanReadable.count(carried))));
        terminal.println("weights     " + (folder.hasWeights() ? weights(folder) : "none (configuration only)"));
    }

    private static String mixers(ModelSpec spec) {
        return spec.layers().stream()
                .collect(Collectors.groupingBy(block -> block.mixerSpec().name(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> entry.getKey() + " x" + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String weights(ModelFolder folder) {
        Map<String, Long> types = new TreeMap<>();
        long bytes = 0;
        long size = 0;
        for (String name : folder.checkpoint().names()) {
            TensorType type = folder.checkpoint().type(name);
            types.merge(type.dtype().name(), 1L, Long::sum);
            bytes += type.bytes();
            size += type.shape().size();
        }
        String kinds = types.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        int files = folder.checkpoint().files().size();
        return "%s tensors (%s), %s values, %s in %d file%s"
                .formatted(
                        HumanReadable.count(folder.checkpoint().names().size()),
                        kinds,
                        HumanReadable.count(size),
                        HumanReadable.bytes(bytes),
                        files,
                        files == 1 ? "" : "s");
    }

    private static void states(Terminal terminal, ModelSpec spec, List<Long> lengths) {
        long last = lengths.getLast();
        terminal.println("state       %s per token at F32, and at a context of"
                .formatted(HumanReadable.bytes(spec.stateBytes(1, last + 1) - spec.stateBytes(1, last))));
        for (long length : lengths) {
            String name = length % 1024 == 0 ? length / 1024 + "K" : HumanReadable.count(length);
            terminal.println("  %9s  %s".formatted(name, HumanReadable.bytes(spec.stateBytes(1, length))));
        }
    }
}
