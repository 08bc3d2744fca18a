package carve.runtime.hub;

import carve.runtime.safetensors.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The choice of files to pull from a repository.
 *
 * <p>Without {@code include}, these are the files that Carve reads: configuration, tokenizer, chat template, processor, and the
 * weights as safetensors, or else as the only GGUF model. With it, they are all that match. Pickle files are never pulled,
 * since opening one can run any program that its author put into it.
 *
 * @param include patterns, one of which a file must match; what Carve reads if empty
 * @param exclude patterns, none of which a file may match
 */
public record FileFilter(List<String> include, List<String> exclude) {
    /** The files that Carve reads. */
    public static final FileFilter DEFAULT = new FileFilter(List.of(), List.of());

    private static final List<GlobPattern> DESCRIPTIONS = Stream.of(
                    "config.json",
                    "*_config.json",
                    "tokenizer.json",
                    "tokenizer.model",
                    "*.tiktoken",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "vocab.json",
                    "vocab.txt",
                    "merges.txt",
                    "chat_template.json",
                    "chat_template.jinja")
            .map(GlobPattern::new)
            .toList();
    private static final GlobPattern MORE_TEMPLATES = new GlobPattern("additional_chat_templates/*.jinja");
    private static final List<String> PICKLES =
            List.of(".bin", ".pt", ".pt2", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill");

    /** Copies the lists. */
    public FileFilter {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    /**
     * The files that were chosen.
     *
     * @param files the files; of sharded safetensors the index alone, which names the others
     * @param refused pickle files that were asked for and are left out
     */
    record Chosen(List<RemoteFile> files, List<String> refused) {}

    /**
     * Chooses among the files of a repository.
     *
     * @throws HubException if there are none to choose, only pickle files, or several GGUF models
     */
    Chosen choose(HubReference reference, List<RemoteFile> all) {
        List<GlobPattern> excluded = exclude.stream().map(GlobPattern::new).toList();
        List<RemoteFile> candidates = all.stream()
                .filter(file -> excluded.stream().noneMatch(glob -> glob.matches(file.name())))
                .toList();
        return include.isEmpty()
                ? new Chosen(readable(reference, candidates), List.of())
                : included(reference, candidates);
    }

    private Chosen included(HubReference reference, List<RemoteFile> candidates) {
        List<RemoteFile> chosen = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (GlobPattern glob : include.stream().map(GlobPattern::new).toList()) {
            List<RemoteFile> matching = candidates.stream()
                    .filter(file -> glob.matches(file.name()))
                    .toList();
            List<RemoteFile> safe =
                    matching.stream().filter(file -> !isPickle(file.name())).toList();
            if (matching.isEmpty()) {
                throw new HubException(
                        "%s: no file matches '%s'; there are %s".formatted(reference, glob, summary(candidates)));
            }
            if (safe.isEmpty()) {
                throw pickle(reference, matching);
            }
            chosen.addAll(safe);
            matching.stream().map(RemoteFile::name).filter(FileFilter::isPickle).forEach(refused::add);
        }
        return new Chosen(
                chosen.stream().distinct().toList(), refused.stream().distinct().toList());
    }

    private static List<RemoteFile> readable(HubReference reference, List<RemoteFile> candidates) {
        List<RemoteFile> chosen = new ArrayList<>(
                candidates.stream().filter(FileFilter::isDescription).toList());
        Optional<RemoteFile> weights =
                named(candidates, Checkpoint.INDEX).or(() -> named(candidates, Checkpoint.WEIGHTS));
        if (weights.isPresent()) {
            chosen.add(weights.get());
            return chosen;
        }
        Map<String, List<RemoteFile>> ggufs = GgufFiles.models(candidates);
        if (ggufs.size() > 1) {
            throw several(reference, ggufs);
        }
        if (ggufs.isEmpty()) {
            throw noWeights(reference, candidates);
        }
        return ggufs.values().iterator().next();
    }

    private static boolean isDescription(RemoteFile file) {
        return file.isTopLevel()
                ? DESCRIPTIONS.stream().anyMatch(glob -> glob.matches(file.name()))
                : MORE_TEMPLATES.matches(file.name());
    }

    private static Optional<RemoteFile> named(List<RemoteFile> files, String name) {
        return files.stream().filter(file -> file.name().equals(name)).findFirst();
    }

    /** Returns whether a file is, or may be, a pickle. */
    static boolean isPickle(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return PICKLES.stream().anyMatch(lower::endsWith);
    }

    private static HubException several(HubReference reference, Map<String, List<RemoteFile>> ggufs) {
        String list = ggufs.entrySet().stream()
                .map(model -> "\n  %s  %s"
                        .formatted(
                                model.getKey(),
                                ByteCount.text(model.getValue().stream()
                                        .mapToLong(RemoteFile::size)
                                        .sum())))
                .collect(Collectors.joining());
        String example = ggufs.keySet().stream()
                .filter(name -> name.toUpperCase(Locale.ROOT).contains("Q4_K_M"))
                .findFirst()
                .orElse(ggufs.keySet().iterator().next());
        return new HubException("%s has %d GGUF models; choose with --include, as in `carve pull %s --include '%s'`:%s"
                .formatted(reference, ggufs.size(), reference, example.replaceFirst("(?i)\\.gguf$", "*.gguf"), list));
    }

    private static HubException noWeights(HubReference reference, List<RemoteFile> candidates) {
        List<RemoteFile> pickles =
                candidates.stream().filter(file -> isPickle(file.name())).toList();
        return pickles.isEmpty()
                ? new HubException(
                        "%s has no weights that Carve reads, neither %s, %s nor a GGUF file; there are %s; --include downloads files by name"
                                .formatted(reference, Checkpoint.WEIGHTS, Checkpoint.INDEX, summary(candidates)))
                : pickle(reference, pickles);
    }

    private static HubException pickle(HubReference reference, List<RemoteFile> pickles) {
        return new HubException(
                "%s: %s not downloaded: a pickle file can run any program when it is opened, so Carve reads safetensors and GGUF only; look for a revision (@refs/pr/NUMBER) or another repository that has safetensors"
                        .formatted(reference, names(pickles, pickles.size() == 1 ? " is" : " are")));
    }

    private static String summary(List<RemoteFile> files) {
        return files.isEmpty() ? "no files" : names(files, "");
    }

    private static String names(List<RemoteFile> files, String verb) {
        int shown = Math.min(files.size(), 12);
        String more = files.size() > shown ? " and %d more".formatted(files.size() - shown) : "";
        return files.subList(0, shown).stream().map(RemoteFile::name).collect(Collectors.joining(", ")) + more + verb;
    }
}
