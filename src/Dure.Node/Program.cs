using Dure.Cli;
using Dure.Node.Hosting;

// The program `dure`: the command line, handed a way to start nodes. What a node is made of stands in Hosting/NodeStores.cs (what it
// keeps), Hosting/NodeHost.cs (how it listens) and Http/Doors.cs (what it answers).
return await DureCommand.Run(args, new NodeLauncher(), new GatewayLauncher(), TimeProvider.System);
