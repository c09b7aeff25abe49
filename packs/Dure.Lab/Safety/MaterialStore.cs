using Dure.Kernel;

namespace Dure.Lab.Safety;

/// <summary>
/// What a laboratory has in stock, and what must not meet. A step that uses something takes it before it is commanded, so that two never count on the same; what is not
/// in the list, has run out, has expired or must not meet what the sample holds is refused.
/// </summary>
public sealed class MaterialStore : IDisposable
{
    private const int MostMaterials = 10_000;
    private const int MostRules = 10_000;

    private readonly IMaterialLedger ledger;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly Lock guard = new();
    private readonly Dictionary<string, Material> materials = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, double>> taken = new(StringComparer.Ordinal);
    private IReadOnlyList<Incompatibility> rules = [];

    public MaterialStore(IMaterialLedger ledger, TimeProvider time)
    {
        (this.ledger, this.time) = (ledger, time);
        foreach (var happened in ledger.ReadMaterials())
            Take(happened);
    }

    public IReadOnlyList<Material> All
    {
        get
        {
            lock (guard)
                return [.. materials.Values.OrderBy(one => one.Name, StringComparer.Ordinal)];
        }
    }

    public IReadOnlyList<Incompatibility> Rules
    {
        get
        {
            lock (guard)
                return rules;
        }
    }

    /// <summary>Puts a material in, or counts it anew.</summary>
    /// <exception cref="ProblemException">A number, unit or name is unusable.</exception>
    public Task Count(Material material, string by, CancellationToken cancel)
    {
        _ = Unit.Parse(material.Unit);
        var where = $"material '{material.Name}'";
        if (string.IsNullOrWhiteSpace(material.Name) || material.Name.Length > 100)
            throw Bad("It has no name, or one that is too long.", where, "Give it one of up to 100 characters.");
        if (!(material.Amount >= 0 && double.IsFinite(material.Amount) && material.Least >= 0 && double.IsFinite(material.Least)))
            throw Bad($"There are {material.Amount} of it, at least {material.Least} are wanted.", where, "Give finite amounts from 0 on.");
        if (All is var all && all.Count >= MostMaterials && all.All(one => one.Name != material.Name))
            throw Bad($"There are {MostMaterials:N0} materials.", where, "Take some out of the list.");
        return Write(new MaterialEvent.Counted(material), by, cancel);
    }

    /// <summary>Says what must not meet: the whole list anew.</summary>
    public Task Separate(IReadOnlyList<Incompatibility> wanted, string by, CancellationToken cancel) =>
        wanted.Count <= MostRules && wanted.All(rule => rule.One.Length is > 0 and <= 100 && rule.Other.Length is > 0 and <= 100) ? Write(new MaterialEvent.Separated(wanted), by, cancel)
            : throw Bad("A rule names nothing, or there are too many.", "incompatibilities", "Name two materials or hazard classes in each.");

    /// <summary>Takes what a step uses out of the stock; null when it may be used, else why not, and nothing was taken.</summary>
    /// <param name="key">Of the step: taking twice under one key is taking once.</param>
    /// <param name="uses">For each material how much, in its own unit.</param>
    /// <param name="within">What the sample holds already.</param>
    public async Task<string?> TryTake(string key, IReadOnlyDictionary<string, ActionValue.Number> uses, IEnumerable<string> within, string by, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            var amounts = new Dictionary<string, double>(StringComparer.Ordinal);
            lock (guard)
            {
                if (taken.ContainsKey(key))
                    return null;
                foreach (var (name, quantity) in uses)
                    if (Objection(name, quantity, within.Concat(uses.Keys), out var amount) is { } objection)
                        return objection;
                    else
                        amounts[name] = amount;
            }
            await ledger.Write(new MaterialEvent.Used(key, amounts), by, cancel);
            Take(new MaterialEvent.Used(key, amounts));
            return null;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Puts back what was taken for a step that was refused.</summary>
    public async Task PutBack(string key, string by, CancellationToken cancel)
    {
        lock (guard)
            if (!taken.ContainsKey(key))
                return;
        await Write(new MaterialEvent.PutBack(key), by, cancel);
    }

    public void Dispose() => oneAtATime.Dispose();

    private string? Objection(string name, ActionValue.Number quantity, IEnumerable<string> others, out double amount)
    {
        amount = 0;
        if (!materials.TryGetValue(name, out var material))
            return $"The material '{name}' is not in the list: whoever keeps the stock counts it in.";
        if (Protocols.StepUnits.Convert(quantity, material.Unit, name) is not { } wanted || !(wanted >= 0))
            return $"{quantity} of '{name}' cannot be taken: it is counted in {material.Unit}.";
        amount = wanted;
        if (material.Expires <= time.GetUtcNow())
            return $"'{name}' has expired ({material.Expires:yyyy-MM-dd}): replace it and count it in.";
        if (material.Amount < wanted)
            return $"{wanted:0.###} {material.Unit} of '{name}' are needed and {material.Amount:0.###} are left: fill it up and count it in.";
        foreach (var other in others)
            if (other != name && materials.TryGetValue(other, out var met) && rules.FirstOrDefault(rule => rule.Forbids(material, met)) is { } rule)
                return $"'{name}' and '{other}' must not come together: {rule.Why}";
        return null;
    }

    private async Task Write(MaterialEvent happened, string by, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            await ledger.Write(happened, by, cancel);
            Take(happened);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private void Take(MaterialEvent happened)
    {
        lock (guard)
            switch (happened)
            {
                case MaterialEvent.Counted counted:
                    materials[counted.Material.Name] = counted.Material;
                    break;
                case MaterialEvent.Used used when taken.TryAdd(used.Key, used.Amounts):
                    Change(used.Amounts, -1);
                    break;
                case MaterialEvent.PutBack back when taken.Remove(back.Key, out var amounts):
                    Change(amounts, 1);
                    break;
                case MaterialEvent.Separated separated:
                    rules = separated.Rules;
                    break;
            }
    }

    private void Change(IReadOnlyDictionary<string, double> amounts, int sign)
    {
        foreach (var (name, amount) in amounts)
            if (materials.TryGetValue(name, out var material))
                materials[name] = material with { Amount = Math.Max(0, material.Amount + sign * amount) };
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:lab:bad-material", what, where, mend);
}
