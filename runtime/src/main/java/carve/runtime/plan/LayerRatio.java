package carve.runtime.plan;

import carve.api.config.SettingsException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Names of mixers in a ratio, spread evenly over the depth of a model.
 *
 * <p>Each name gets its share of the layers, rounded by the largest remainder, ties to the earlier one. The layers of the first
 * name are {@code floor(k N / n)} for k from 0 to n - 1; those of the next names are spread in the same way over the remaining
 * layers. With a ratio of 1 to 7, the first name gets layers 0, 8, 16 and 24 of 32.
 *
 * @param shares at least one
 * @param place where they were written
 */
record LayerRatio(List<Share> shares, String place) {
    /**
     * A name with its share.
     *
     * @param word the name
     * @param amount its share, positive
     * @param percent whether the share is in per cent
     */
    record Share(MixerReference word, double amount, boolean percent) {
        private static final Pattern FORM =
                Pattern.compile("([A-Za-z_][A-Za-z0-9_.-]*)\\s+(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%?)");

        static Share of(String text, String place) {
            Matcher matcher = FORM.matcher(text.strip());
            if (!matcher.matches() || Double.parseDouble(matcher.group(2)) == 0) {
                throw new SettingsException(
                        "%s: '%s' is not a ratio; expected a mixer and its share, for example [keep 1, mamba2 7] or [mamba2 12.5%%, keep 87.5%%]"
                                .formatted(place, text));
            }
            return new Share(
                    new MixerReference(matcher.group(1), place),
                    Double.parseDouble(matcher.group(2)),
                    !matcher.group(3).isEmpty());
        }
    }

    LayerRatio {
        shares = List.copyOf(shares);
        if (shares.isEmpty()) {
            throw new SettingsException(
                    place + ": found an empty list; expected mixers and shares, for example [keep 1, mamba2 7]");
        }
        long percents = shares.stream().filter(Share::percent).count();
        double sum = shares.stream().mapToDouble(Share::amount).sum();
        if (percents != 0 && (percents != shares.size() || Math.abs(sum - 100) > 0.5)) {
            throw new SettingsException("%s: found %s; percentages must be given for all mixers and add up to 100"
                    .formatted(
                            place,
                            percents == shares.size()
                                    ? "percentages that add up to " + sum
                                    : "percentages and other numbers"));
        }
    }

    /** Returns a word for each layer. */
    List<MixerReference> words(int layers) {
        int[] counts = counts(layers);
        MixerReference[] words = new MixerReference[layers];
        List<Integer> free = new ArrayList<>(IntStream.range(0, layers).boxed().toList());
        for (int i = 0; i < counts.length; i++) {
            List<Integer> chosen = new ArrayList<>();
            for (int k = 0; k < counts[i]; k++) {
                chosen.add(free.get((int) ((long) k * free.size() / counts[i])));
            }
            for (int layer : chosen) {
                words[layer] = shares.get(i).word();
            }
            free.removeAll(new HashSet<>(chosen));
        }
        return List.of(words);
    }

    private int[] counts(int layers) {
        double sum = shares.stream().mapToDouble(Share::amount).sum();
        double[] exact = shares.stream()
                .mapToDouble(share -> layers * share.amount() / sum)
                .toArray();
        int[] counts = new int[exact.length];
        int given = 0;
        for (int i = 0; i < exact.length; i++) {
            // a third times three is less than one
            counts[i] = (int) Math.floor(exact[i] + 1e-9);
            given += counts[i];
        }
        IntStream.range(0, exact.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> counts[i] - exact[i]))
                .limit(Math.max(0, layers - given))
                .forEach(i -> counts[i]++);
        return counts;
    }
}
