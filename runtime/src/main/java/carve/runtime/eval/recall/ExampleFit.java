package carve.runtime.eval.recall;

/** A search for the most parts with which an example of a task fits a length. */
record ExampleFit(RecallTask task, TokenCounter tokens, RecallRequest request) {
    // texts get longer by nearly as much with every part: a line through two of them finds the place in few steps
    RecallExample longest() {
        int fits = task.minSize();
        int fitsTokens = tokens(fits);
        requireFit(fitsTokens);
        int exceeds = task.maxSize() + 1;
        double slope =
                Math.max(1, (request.length() - fitsTokens) / (fits + 4.0)); // so that the second text is short as well
        while (exceeds - fits > 1) {
            int size = next(fits, exceeds, (request.length() - fitsTokens) / slope);
            int length = tokens(size);
            slope = Math.max(0.1, (length - fitsTokens) / (double) (size - fits));
            if (length <= request.length()) {
                fits = size;
                fitsTokens = length;
            } else {
                exceeds = size;
            }
        }
        return task.sized(request, fits);
    }

    private static int next(int fits, int exceeds, double step) {
        double most = Math.min(exceeds - 1.0, fits + Math.max(1, Math.floor(step)));
        // halving at least where the line keeps overshooting
        return exceeds < Integer.MAX_VALUE / 2 && step > exceeds - fits ? fits + (exceeds - fits) / 2 : (int) most;
    }

    private int tokens(int size) {
        RecallExample example = task.sized(request, size);
        return tokens.count(example.input()) + example.maxNewTokens();
    }

    private void requireFit(int least) {
        if (least > request.length()) {
            throw new RecallException("%s: the shortest text has %d tokens with its answer, more than a length of %d"
                    .formatted(task.name(), least, request.length()));
        }
    }
}
