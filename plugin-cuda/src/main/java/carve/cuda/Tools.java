package carve.cuda;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What this machine has for a card besides its driver.
 *
 * @param compilers NVRTC or nvcc; a {@link NoCompiler} where there is neither
 * @param packed whether kernels were packed with this plugin
 * @param products cuBLAS
 * @param biases cuBLASLt, which adds a bias to a product as it writes it; only beside cuBLAS
 */
record Tools(Compiler compilers, boolean packed, Optional<Library> products, Optional<Library> biases) {
    /** Looks for them where the settings say, and where they usually are. */
    static Tools find(CudaConfig config) {
        Optional<Compiler> found = NvrtcCompiler.find(config.libraries()).map(Compiler.class::cast);
        Compiler compiler =
                found.or(() -> NvccCompiler.find().map(Compiler.class::cast)).orElseGet(NoCompiler::new);
        Optional<Library> products =
                config.library() ? Library.find("libcublas", config.libraries()) : Optional.empty();
        Optional<Library> biases = products.flatMap(_ -> Library.find("libcublasLt", config.libraries()));
        return new Tools(compiler, PrebuiltCompiler.isHere(), products, biases);
    }

    /** Returns whether kernels can be had for a card: what was packed is for current ones. */
    boolean compilesFor(Card card) {
        return compilers.compiles() || packed && card.isCurrent();
    }

    /** Returns the compiler of a device: what was packed, what is in a folder, what is compiled now. */
    Compiler compiler(Path cache) {
        return new PrebuiltCompiler(new CachingCompiler(compilers, cache));
    }

    /** Returns what there is, as people read it. */
    String description() {
        String adds =
                biases.isPresent() ? " with biases by cuBLASLt" : ", biases by a kernel (no libcublasLt beside it)";
        String blas = products.map(found -> CublasBlas.version(found) + adds)
                .orElse("products of matrices by its own kernel (no libcublas.so.12 or .13)");
        return (packed ? new PrebuiltCompiler(compilers).version() : compilers.version()) + ", " + blas;
    }
}
