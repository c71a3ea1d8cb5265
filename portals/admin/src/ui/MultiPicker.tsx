import { Dropdown, Field, Option } from "@fluentui/react-components";

/** Any number of things out of a list, by name. */
export function MultiPicker(props: {
  label: string;
  hint?: string;
  placeholder: string;
  options: { id: string; title: string }[];
  selected: string[];
  onChange: (selected: string[]) => void;
}) {
  const titles = props.options.filter((option) => props.selected.includes(option.id)).map((option) => option.title);
  return (
    <Field label={props.label} hint={props.hint}>
      <Dropdown
        multiselect
        placeholder={props.placeholder}
        value={titles.join(", ")}
        selectedOptions={props.selected}
        onOptionSelect={(_, data) => props.onChange(data.selectedOptions)}
      >
        {props.options.map((option) => (
          <Option key={option.id} value={option.id} text={option.title}>
            {option.title}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
