package carve.app.cli;

import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.answers.AnswerConfig;
import carve.runtime.answers.AnswerDataset;
import carve.runtime.answers.AnswerPrompt;
import carve.runtime.answers.AnswerRun;
import carve.runtime.answers.PromptFile;
import carve.runtime.answers.PromptSampler;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.ModelFiles;
import carve.runtime.engine.Sampler;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve data generate}. */
final class DataGenerateCommand implements Command {
    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    DataGenerateCommand(
            Terminal terminal, Provider<AppConfig> appConfig, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return SamplingOptions.options(CommandOptions.of(
                                DataGenerateCommand.class,
                                "generate",
                                "Generate training data: a model's own answers to prompts, as JSON lines with 'messages'. A run that"
                                        + " was killed goes on where it ended when the same command is given again; the file is the same.",
                                "Unlike in other commands, sampling options that are not given are those of carve.answers: temperature"
                                        + " 1 and all tokens.")
                        .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                        .required("--out", Path.class, "FILE", "File to write, such as answers.jsonl.")
                        .option(
                                "--prompts",
                                Path.class,
                                "FILE",
                                "Prompts: JSON lines (.jsonl) with 'messages', 'prompt' or 'text', or any other file with one on each"
                                        + " line. Without it the model makes them: it writes what users say, then answers.")
                        .option(
                                "--count",
                                Integer.class,
                                "N",
                                "Without --prompts: how many prompts the model makes; 1000 if not given.")
                        .option("--samples-per-prompt", Integer.class, "N", "Answers to each prompt; 1 if not given."))
                .option(
                        "--batch",
                        Integer.class,
                        "N",
                        "Answers that are generated side by side; 32 if not given. It changes no answer.")
                .flag(
                        "--keep-truncated",
                        "Keep answers that are cut off at --max-tokens; otherwise they are left out and counted.")
                .flag(
                        "--raw",
                        "Continue texts as they are, without a chat template, as base models do; rows have 'text'.")
                .option(ChatTemplateOption.NAME, Path.class, "FILE", ChatTemplateOption.DESCRIPTION)
                .example("carve data generate MODEL --prompts prompts.jsonl --out answers.jsonl")
                .example(
                        "carve data generate MODEL --prompts questions.txt --samples-per-prompt 4 --seed 7 --out a.jsonl")
                .example("carve data generate MODEL --count 5000 --out own.jsonl")
                .example("carve data generate BASE_MODEL --raw --count 5000 --max-tokens 1024 --out texts.jsonl")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Optional<Path> file = CommandOptions.find(arguments, "--prompts");
        Optional<Integer> count = CommandOptions.find(arguments, "--count");
        if (file.isPresent() && count.isPresent()) {
            throw new IllegalArgumentException(
                    "--count says how many prompts the model makes, --prompts gives them; leave one out");
        }
        if (count.orElse(1) < 1) {
            throw new IllegalArgumentException("--count must be 1 or more, is " + count.get());
        }
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0));
                Processor processor = ChatTemplateOption.apply(arguments, folder.processor())) {
            boolean raw = CommandOptions.hasFlag(arguments, "--raw");
            AnswerConfig config = config(arguments, processor);
            List<AnswerPrompt> prompts = prompts(file, count, raw, processor, config);
            String digest = ModelFiles.of(folder.path()).digest(List.of());
            try (LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED)) {
                boolean keeps = raw || CommandOptions.hasFlag(arguments, "--keep-truncated");
                AnswerDataset dataset = new AnswerDataset(model, processor, config, digest, keeps);
                write(arguments, dataset, prompts, count.orElse(1000));
            }
        }
        return 0;
    }

    private AnswerConfig config(ParseResult arguments, Processor processor) {
        GenerationConfig defaults =
                SamplingOptions.defaults(arguments, appConfig.get().answers(), processor);
        Sampler sampler = SamplingOptions.sampler(arguments, defaults, processor);
        return new AnswerConfig(
                sampler,
                SamplingOptions.maxTokens(arguments, defaults),
                CommandOptions.valueOr(arguments, "--samples-per-prompt", 1),
                CommandOptions.valueOr(arguments, "--batch", GeneratorConfig.DEFAULT.maxBatchSize()));
    }

    /** Returns the prompts; none where the model makes a user's turns first. */
    private static List<AnswerPrompt> prompts(
            Optional<Path> file, Optional<Integer> count, boolean raw, Processor processor, AnswerConfig config)
            throws IOException {
        if (file.isPresent()) {
            return PromptFile.read(file.get(), processor, raw);
        }
        AnswerConfig.requireSampled(config.sampler(), "prompts that the model makes");
        if (raw) {
            return PromptSampler.beginnings(processor, count.orElse(1000));
        }
        processor.requireChat();
        return List.of();
    }

    private void write(ParseResult arguments, AnswerDataset dataset, List<AnswerPrompt> prompts, int count)
            throws IOException {
        Path out = CommandOptions.valueOr(arguments, "--out", Path.of("answers.jsonl"));
        long started = System.nanoTime();
        try (ProgressBar asking = new ProgressBar(terminal, "making prompts", "prompts");
                ProgressBar answering = new ProgressBar(terminal, "answering", "answers")) {
            AnswerDataset.Result result = prompts.isEmpty()
                    ? dataset.converse(count, out, shownBy(asking), shownBy(answering))
                    : dataset.answer(prompts, out, shownBy(answering));
            print(out, result, (System.nanoTime() - started) / 1e9);
        }
    }

    private static AnswerRun.Listener shownBy(ProgressBar bar) {
        long started = System.nanoTime();
        return (done, total, tokens) -> {
            double seconds = Math.max(1e-9, (System.nanoTime() - started) / 1e9);
            bar.detail("%s tokens/s".formatted(HumanReadable.count(Math.round(tokens / seconds))));
            bar.step(done, total, 0, 0);
        };
    }

    private void print(Path out, AnswerDataset.Result result, double seconds) {
        if (result.answers() > result.rows()) {
            terminal.printMessage("%s of %s answers were left out: cut off at --max-tokens, or empty"
                    .formatted(
                            HumanReadable.count(result.answers() - result.rows()),
                            HumanReadable.count(result.answers())));
        }
        terminal.printMessage("%s tokens in %s, %s a second"
                .formatted(
                        HumanReadable.count(result.tokens()),
                        HumanReadable.time(seconds),
                        HumanReadable.count(Math.round(result.tokens() / Math.max(1e-9, seconds)))));
        terminal.println("wrote %s: %s rows".formatted(out, HumanReadable.count(result.rows())));
    }
}
