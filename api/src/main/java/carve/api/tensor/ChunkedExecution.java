package carve.api.tensor;

import carve.api.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An op that runs chunk by chunk, forward and backward; only the results and gradients of a chunk are kept. */
record ChunkedExecution(FusedOp op, RowChunks rowChunks, List<Tensor> operands) {
    /** The gradients of operands as a function of those of results. */
    @FunctionalInterface
    interface Gradient {
        List<Optional<Tensor>> of(List<Tensor> operands, List<Optional<Tensor>> results);
    }

    private interface Piece {
        void run(int from, int to);
    }

    private Device device() {
        return operands.getFirst().device();
    }

    private void forEach(Piece piece) {
        int rows = operands.get(rowChunks.isChunked().indexOf(true)).extent(0);
        for (int from = 0; from < rows; from += rowChunks.rows()) {
            piece.run(from, Math.min(rows, from + rowChunks.rows()));
        }
    }

    private List<Tensor> cut(int from, int to) {
        List<Tensor> cut = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            cut.add(rowChunks.isChunked().get(i) ? operands.get(i).slice(0, from, to) : operands.get(i));
        }
        return cut;
    }

    List<Tensor> forward() {
        return Scope.run(device(), () -> {
            List<List<Tensor>> parts = new ArrayList<>();
            forEach((from, to) -> {
                List<Tensor> results = Scope.run(device(), () -> op.reference(cut(from, to)));
                for (int i = 0; i < results.size(); i++) {
                    if (parts.size() == i) {
                        parts.add(new ArrayList<>());
                    }
                    parts.get(i).add(results.get(i));
                }
            });
            return parts.stream().map(part -> Tensors.concat(0, part)).toList();
        });
    }

    List<Optional<Tensor>> backward(List<Optional<Tensor>> given, Gradient gradient) {
        return Scope.run(device(), () -> {
            List<List<Tensor>> parts = new ArrayList<>();
            operands.forEach(_ -> parts.add(new ArrayList<>()));
            forEach((from, to) -> {
                List<Optional<Tensor>> own = Scope.run(
                        device(),
                        () -> gradient.of(
                                cut(from, to),
                                given.stream()
                                        .map(result -> result.map(g -> g.slice(0, from, to)))
                                        .toList()));
                for (int i = 0; i < own.size(); i++) {
                    List<Tensor> part = parts.get(i);
                    boolean cut = rowChunks.isChunked().get(i);
                    own.get(i).ifPresent(piece -> add(part, piece, cut));
                }
            });
            return parts.stream().map(ChunkedExecution::joined).toList();
        });
    }

    // gradients of rows follow one another; those of whole operands are as large as these, and only their sum stays
    private static void add(List<Tensor> parts, Tensor piece, boolean cut) {
        if (cut || parts.isEmpty()) {
            parts.add(piece);
            return;
        }
        Tensor before = parts.getFirst();
        parts.set(0, before.add(piece));
        List.of(before, piece).forEach(done -> Scope.keep(done).buffer().close());
    }

    private static Optional<Tensor> joined(List<Tensor> parts) {
        return parts.isEmpty() ? Optional.empty() : Optional.of(Tensors.concat(0, parts));
    }
}
