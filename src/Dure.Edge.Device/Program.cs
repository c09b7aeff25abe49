using Dure.Edge.Device;

// The program `dure-edge`: what runs beside a machine. Its options stand in DeviceCommand.cs, its work in DeviceRun.cs.
return await DeviceCommand.Run(args);
