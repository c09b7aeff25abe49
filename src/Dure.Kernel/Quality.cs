namespace Dure.Kernel;

/// <summary>How far a sample may be trusted; the three severities of an OPC UA status code.</summary>
public enum Quality : byte
{
    Good = 0,
    Uncertain = 1,
    Bad = 2,
}
