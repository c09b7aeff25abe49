namespace Dure.Edge.Device;

/// <summary>What the program tells the shell; the help lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Wrong options, or a package, key or file that is refused.</summary>
    public const int Refused = 2;

    /// <summary>The input is scored, but reports still wait in the buffer; the same command sends them later.</summary>
    public const int ReportsWait = 3;

    /// <summary>The node refuses this device or its reports.</summary>
    public const int NodeRefuses = 4;
}
