package carve.app.cli;

import carve.api.checkpoint.CheckpointException;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.train.RecipeExecution;
import carve.app.wiring.ModelOpener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.ModelSummary;
import carve.runtime.model.StoredWeights;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.StoredTensor;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        Path model = CommandOptions.parameter(arguments, 0);
        try (ModelFolder folder = modelOpener.open(model)) {
            layers(terminal, folder.spec());
            terminal.println("");
            ModelSummary summary = ModelSummary.of(model);
            architecture(terminal, summary);
            totals(terminal, folder, summary);
            states(terminal, folder.spec(), lengths);
        } catch (CheckpointException e) {
            // what it is, although it cannot be run; the error follows
            ModelSummary summary = ModelSummary.of(model);
            architecture(terminal, summary);
            if (!summary.weights().isEmpty()) {
                terminal.println(line("types", stored(summary)));
            }
            throw e;
        }
        return 0;
    }

    private static void architecture(Terminal terminal, ModelSummary summary) {
        summary.architecture().forEach((label, text) -> terminal.println(line(label, text)));
    }

    private static String line(String label, String text) {
        return "%-11s %s".formatted(label, text);
    }

    private static String stored(ModelSummary summary) {
        return summary.weights().stream()
                .map(type -> "%s %s (%s)"
                        .formatted(HumanReadable.count(type.tensors()), type.type(), HumanReadable.bytes(type.bytes())))
                .collect(Collectors.joining(", "));
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

    private static void totals(Terminal terminal, ModelFolder folder, ModelSummary summary) {
        ModelSpec spec = folder.spec();
        long carried = size(spec.extraTensors());
        terminal.println(line("family", spec.family()));
        terminal.println(line(
                "layers",
                "%d, width %d, vocabulary %s"
                        .formatted(spec.layers().size(), spec.hidden(), HumanReadable.count(spec.vocabulary()))));
        terminal.println(line("mixers", mixers(spec)));
        terminal.println(line(
                "parameters",
                HumanReadable.count(size(spec.parameters()) + carried)
                        + (carried == 0
                                ? ""
                                : ", %s of them carried along unused".formatted(HumanReadable.count(carried)))
                        + (used(spec) == size(spec.parameters())
                                ? ""
                                : ", %s of them used by each token".formatted(HumanReadable.count(used(spec))))));
        terminal.println(line("weights", folder.hasWeights() ? weights(folder, summary) : "none (configuration only)"));
        if (folder.hasWeights()) {
            terminal.println(line("types", stored(summary)));
            unpacked(folder, summary).ifPresent(text -> terminal.println(line("unpacked to", text)));
        }
    }

    private static String mixers(ModelSpec spec) {
        return spec.layers().stream()
                .collect(Collectors.groupingBy(block -> block.mixerSpec().name(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> entry.getKey() + " x" + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    // of experts only those that are chosen
    private static long used(ModelSpec spec) {
        double unused = 0;
        for (Block block : spec.layers()) {
            unused += block.parameters().stream()
                    .mapToDouble(param ->
                            (1 - block.usedShare(param.name())) * param.shape().size())
                    .sum();
        }
        return size(spec.parameters()) - Math.round(unused);
    }

    private static String weights(ModelFolder folder, ModelSummary summary) {
        Checkpoint checkpoint = folder.checkpoint();
        long tensors =
                summary.weights().stream().mapToLong(StoredWeights::tensors).sum();
        long bytes = summary.weights().stream().mapToLong(StoredWeights::bytes).sum();
        long values = checkpoint.names().stream()
                .mapToLong(name -> checkpoint.type(name).shape().size())
                .sum();
        String kinds = summary.weights().stream()
                .map(type -> type.tensors() + " " + type.type())
                .collect(Collectors.joining(", "));
        int files = checkpoint.files().size();
        return "%s tensors (%s), %s values, %s in %d file%s"
                .formatted(
                        HumanReadable.count(tensors),
                        kinds,
                        HumanReadable.count(values),
                        HumanReadable.bytes(bytes),
                        files,
                        files == 1 ? "" : "s");
    }

    /** Returns the types that tensors have once they are read, where these are others than in the files. */
    private static Optional<String> unpacked(ModelFolder folder, ModelSummary summary) {
        List<StoredTensor> read = folder.checkpoint().names().stream()
                .map(folder.checkpoint()::type)
                .map(type -> new StoredTensor(type.dtype().name(), type.bytes()))
                .toList();
        List<StoredWeights> types = StoredWeights.byType(read);
        Set<String> before = summary.weights().stream().map(StoredWeights::type).collect(Collectors.toSet());
        boolean same =
                before.containsAll(types.stream().map(StoredWeights::type).toList()) && before.size() == types.size();
        return same ? Optional.empty() : Optional.of(stored(new ModelSummary(Map.of(), types)));
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
