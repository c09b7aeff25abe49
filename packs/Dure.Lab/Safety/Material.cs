using Dure.Kernel;

namespace Dure.Lab.Safety;

/// <summary>Something that is used up, and how much of it there is.</summary>
/// <param name="Name">As steps and rules name it.</param>
/// <param name="Unit">UCUM, of all amounts.</param>
/// <param name="Amount">What is left, reservations taken off.</param>
/// <param name="Least">Below this a person is told; 0: never.</param>
/// <param name="Hazards">Classes by which rules of what must not meet name it, such as <c>oxidiser</c>.</param>
/// <param name="Expires">Not used from then on; null: it keeps.</param>
public sealed record Material(string Name, string Unit, double Amount, double Least, IReadOnlyList<string> Hazards, DateTimeOffset? Expires)
{
    public bool IsLow => Amount < Least;
}

/// <summary>Two materials or hazard classes that must not come together in one sample.</summary>
/// <param name="Why">What would happen.</param>
public sealed record Incompatibility(string One, string Other, string Why)
{
    public bool Forbids(Material a, Material b) => (Names(One, a) && Names(Other, b)) || (Names(One, b) && Names(Other, a));

    private static bool Names(string name, Material material) => material.Name == name || material.Hazards.Contains(name);
}

/// <summary>Something that happened to the stock, as the journal keeps it.</summary>
public abstract record MaterialEvent
{
    private MaterialEvent() { }

    /// <summary>A person put it in, counted it, or changed what is known of it.</summary>
    public sealed record Counted(Material Material) : MaterialEvent;

    /// <summary>Reserved for a step before it is commanded. A key is counted once.</summary>
    public sealed record Used(string Key, IReadOnlyDictionary<string, double> Amounts) : MaterialEvent;

    /// <summary>The step was refused: what was reserved is there still.</summary>
    public sealed record PutBack(string Key) : MaterialEvent;

    /// <summary>The whole list of what must not meet, anew.</summary>
    public sealed record Separated(IReadOnlyList<Incompatibility> Rules) : MaterialEvent;
}

/// <summary>Where they are kept. The host supplies it.</summary>
public interface IMaterialLedger
{
    /// <summary>Durable when it returns.</summary>
    Task Write(MaterialEvent happened, string actor, CancellationToken cancel);

    /// <summary>All there are, the oldest first.</summary>
    IEnumerable<MaterialEvent> ReadMaterials();
}
