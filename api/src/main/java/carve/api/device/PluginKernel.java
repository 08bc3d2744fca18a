package carve.api.device;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A kernel of a plugin on a device that is not its own: it runs in a scope, its results and gradients are checked, and what it
 * does wrong is an exception that names the plugin.
 *
 * @param provider the plugin's provider
 * @param op the op that the kernel computes
 * @param target the device
 * @param kernel the plugin's kernel
 */
record PluginKernel(KernelProvider provider, FusedOp op, KernelTarget target, Kernel kernel) implements Kernel {
    /** Returns a provider and its module, for messages. */
    static String origin(KernelProvider provider) {
        Module module = provider.getClass().getModule();
        return "kernels '%s' of %s".formatted(provider.name(), module.isNamed() ? module : "the class path");
    }

    String origin() {
        return origin(provider);
    }

    @Override
    public String name() {
        return kernel.name() + " of " + provider.name();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        List<Tensor> results = checked("", operands, () -> kernel.forward(operands));
        requireResults(operands, types(results), results.size());
        return results;
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        List<Tensor> results = checked("", operands, () -> kernel.forwardAndSave(operands));
        int count = op.results(types(operands)).size();
        requireResults(operands, types(results), Math.min(count, results.size()));
        return results;
    }

    private void requireResults(List<Tensor> operands, List<TensorType> found, int count) {
        List<TensorType> expected = op.results(types(operands));
        if (!found.subList(0, count).equals(expected)) {
            throw wrong("", operands, "gave results %s where %s were expected".formatted(found, expected));
        }
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Optional<Tensor>> found =
                checked("backward of ", operands, () -> kernel.backward(operands, results, gradients, wanted));
        boolean fits = found.size() == operands.size();
        for (int i = 0; fits && i < found.size(); i++) {
            TensorType type = operands.get(i).type();
            fits = found.get(i).map(gradient -> gradient.type().equals(type)).orElse(true);
        }
        if (!fits) {
            List<String> types = found.stream()
                    .map(gradient ->
                            gradient.map(tensor -> tensor.type().toString()).orElse("none"))
                    .toList();
            throw wrong("backward of ", operands, "gave gradients %s for the operands".formatted(types));
        }
        return found;
    }

    private <T> T checked(String form, List<Tensor> operands, Supplier<T> body) {
        try {
            return Scope.run(target.device(), body); // releases its temporary tensors
        } catch (RuntimeException | LinkageError e) {
            throw new DeviceException(wrong(form, operands, "failed: " + e).getMessage(), e);
        }
    }

    private DeviceException wrong(String form, List<Tensor> operands, String what) {
        return new DeviceException("%skernel %s for %s of %s on %s %s; it is of %s: remove or update the plugin"
                .formatted(
                        form,
                        kernel.name(),
                        op.name(),
                        types(operands),
                        target.device().name(),
                        what,
                        origin()));
    }

    private static List<TensorType> types(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::type).toList();
    }
}
