namespace Dure.Exchange.Shells;

/// <summary>How the text of a member must look besides its length; <see cref="TextRules"/> checks it.</summary>
internal enum TextPattern
{
    None,
    IdShort,
    Language,
    Version,
    ContentType,
    Path,
    UtcDateTime,
    Duration,
    Base64,
}

/// <summary>
/// Says how a property of the metamodel is written. The order of declaration, base classes first, is the order the XML schema asks for;
/// the name in JSON and XML is the property's own with a small first letter.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class MemberAttribute : Attribute
{
    /// <summary>It must be there.</summary>
    public bool IsRequired { get; set; }

    /// <summary>It belongs to the value of its element, so metadata leave it out.</summary>
    public bool IsValue { get; set; }
}

/// <summary>Text of bounded length.</summary>
internal sealed class TextAttribute : MemberAttribute
{
    public int Min { get; set; } = 1;
    public int Max { get; set; } = int.MaxValue;
    public TextPattern Pattern { get; set; }
}

/// <summary>One of the names of an enumeration.</summary>
internal sealed class ChoiceAttribute : MemberAttribute;

/// <summary>True or false.</summary>
internal sealed class FlagAttribute : MemberAttribute;

/// <summary>Some short texts.</summary>
internal sealed class TextsAttribute : MemberAttribute
{
    public const int Max = 128;
}

/// <summary>One object.</summary>
internal sealed class PartAttribute : MemberAttribute;

/// <summary>One or more objects; <paramref name="itemName"/> is what the XML schema calls each.</summary>
internal sealed class PartsAttribute(string itemName = "") : MemberAttribute
{
    public string ItemName => itemName;

    /// <summary>The greatest length of the text of the language strings in it.</summary>
    public int MaxText { get; set; } = int.MaxValue;
}

/// <summary>The name by which JSON (<c>modelType</c>) and XML (the element) tell this class from others in the same place.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ModelTypeAttribute(string name) : Attribute
{
    public string Name => name;
}
