package carve.app.cli;

import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.app.report.TextTable;
import carve.app.wiring.AppContext;
import carve.runtime.device.DeviceSelector;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve devices}. */
final class DevicesCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
                        "devices",
                        "Show the devices, which of them is taken, and why others cannot be used here.")
                .example("carve devices")
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        DeviceSelector choice = appContext.deviceSelector();
        boolean auto = choice.requested().equals(DeviceSelector.AUTO);
        if (!auto) {
            choice.devices().provider(choice.requested());
        }
        Optional<String> chosen = choice.selected();
        TextTable textTable = new TextTable("DEVICE", "STATE", "RANK", "");
        for (DeviceSelector.DeviceProbe device : choice.probe()) {
            boolean taken = chosen.filter(device.name()::equals).isPresent();
            String state = taken ? auto ? "taken (highest rank)" : "taken (asked for)" : "available";
            switch (device.availability()) {
                case Available(int rank, String description) -> textTable.row(device.name(), state, rank, description);
                case Unavailable(String reason) -> textTable.row(device.name(), "not available", "-", reason);
            }
        }
        textTable.print(appContext.terminal());
        if (chosen.isEmpty()) {
            choice.requireAvailable();
        }
        return 0;
    }
}
