package carve.runtime.engine;

/**
 * The candidates for the next token of one row, with their weights. They are ordered by logit, equal logits by token id.
 *
 * <p>They are not sorted: the best are selected by partitioning, as in quickselect, in time linear in the number of tokens.
 * The tokens before a bound are the best ones, in any order.
 */
final class Candidates {
    private final int[] tokens;
    private final float[] logits;
    private final double[] weights;
    private int count;
    private double totalWeight;

    /** Takes tokens with their logits, in arrays that become its own. */
    private Candidates(int[] tokens, float[] logits, int count) {
        this.tokens = tokens;
        this.logits = logits;
        this.weights = new double[count];
        this.count = count;
    }

    /**
     * Returns the candidates of a row, all with weight 0.
     *
     * @param row logits by token; those of minus infinity are no candidates
     * @throws IllegalArgumentException if there is none
     */
    static Candidates of(float[] row) {
        int[] tokens = new int[row.length];
        float[] logits = new float[row.length];
        int count = 0;
        for (int token = 0; token < row.length; token++) {
            if (row[token] > Float.NEGATIVE_INFINITY) {
                tokens[count] = token;
                logits[count++] = row[token];
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException("cannot sample: all " + row.length + " tokens are excluded");
        }
        return new Candidates(tokens, logits, count);
    }

    /** Keeps the best k. */
    void keepTopK(int k) {
        int low = 0;
        int high = count - 1;
        while (low < high && k < count) {
            int place = partition(low, high);
            if (place == k) {
                break;
            }
            low = place < k ? place + 1 : low;
            high = place < k ? high : place - 1;
        }
        count = Math.min(count, k);
    }

    /** Gives each the weight {@code e^((logit - max) / temperature)}. */
    void softmax(double temperature) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, logits[i]);
        }
        totalWeight = 0;
        for (int i = 0; i < count; i++) {
            weights[i] = Math.exp((logits[i] - (double) max) / temperature);
            totalWeight += weights[i];
        }
    }

    /** Keeps the fewest of the best that together have at least this share of the weight. */
    void keepTopP(double share) {
        if (share < 1) {
            double least = share * totalWeight;
            count = prefix(sum -> sum >= least);
            totalWeight = sum(0, count);
        }
    }

    /** Keeps those whose weight is at least this share of the best one's, which is 1. */
    void keepMinP(double share) {
        if (share > 0) {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (weights[i] >= share) {
                    swap(i, kept++);
                }
            }
            count = kept;
            totalWeight = sum(0, count);
        }
    }

    /** Returns the token at a share of the weight, from 0 up to, not including, 1, going from the best to the worst. */
    int tokenAt(double share) {
        double before = share * totalWeight;
        return tokens[prefix(sum -> sum > before) - 1];
    }

    /** Returns the probabilities of all tokens of a vocabulary. */
    double[] probabilities(int vocabulary) {
        double[] probabilities = new double[vocabulary];
        for (int i = 0; i < count; i++) {
            probabilities[tokens[i]] = weights[i] / totalWeight;
        }
        return probabilities;
    }

    private interface WeightLimit {
        boolean is(double sum);
    }

    /** Returns how many of the best it takes until their weight is enough; they are then at the first places. */
    private int prefix(WeightLimit weightLimit) {
        int low = 0;
        int high = count - 1;
        double before = 0; // the weight of what lies before low, which is not enough
        while (low < high) {
            int place = partition(low, high);
            double better = before + sum(low, place);
            if (weightLimit.is(better)) {
                high = place - 1;
            } else if (weightLimit.is(better + weights[place])) {
                return place + 1;
            } else {
                before = better + weights[place];
                low = place + 1;
            }
        }
        return Math.min(low + 1, count);
    }

    private double sum(int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += weights[i];
        }
        return sum;
    }

    /** Moves what is better than one of the places from low to high before it, and what is worse after it; returns its place. */
    private int partition(int low, int high) {
        swap(median(low, (low + high) >>> 1, high), high);
        float logit = logits[high];
        int token = tokens[high];
        int place = low;
        for (int i = low; i < high; i++) {
            if (better(i, logit, token)) {
                swap(i, place++);
            }
        }
        swap(place, high);
        return place;
    }

    private int median(int a, int b, int c) {
        boolean ab = better(a, b);
        boolean bc = better(b, c);
        if (ab == bc) {
            return b;
        }
        return ab == better(a, c) ? c : a;
    }

    private boolean better(int place, int other) {
        return better(place, logits[other], tokens[other]);
    }

    private boolean better(int place, float logit, int token) {
        return logits[place] > logit || logits[place] == logit && tokens[place] < token;
    }

    private void swap(int a, int b) {
        int token = tokens[a];
        tokens[a] = tokens[b];
        tokens[b] = token;
        float logit = logits[a];
        logits[a] = logits[b];
        logits[b] = logit;
        double weight = weights[a];
        weights[a] = weights[b];
        weights[b] = weight;
    }
}
