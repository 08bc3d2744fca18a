package carve.cuda;

import carve.api.device.CudaGrid;
import carve.api.device.CudaHost;
import carve.api.device.CudaSource;
import carve.api.device.Device;

/**
 * The device as plugins' own kernels see it: their sources go the way of ours.
 *
 * @param device that holds the tensors
 * @param stream that launches run on
 */
record OfferedHost(Device device, Stream stream) implements CudaHost {
    @Override
    public void launch(CudaSource source, String function, CudaGrid grid, Object... arguments) {
        // no name of ours, under which there may be something prebuilt
        var foreign = new Source("plugin-" + source.name(), source.text(), source.options());
        stream.run(foreign, function, new Launch.Grid(grid.x(), grid.y(), grid.z()), arguments);
    }
}
