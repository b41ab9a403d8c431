// The objects of a cluster as kubectl names them, and how it finds them.
const resources = {
  ConfigMap: 'configmap', Job: 'job.batch', NetworkPolicy: 'networkpolicy.networking.k8s.io',
  PodDisruptionBudget: 'poddisruptionbudget.policy', Secret: 'secret', Service: 'service',
  ServiceAccount: 'serviceaccount',
};
const plural = (resource) => resource.replace(/^[a-z]+?(y?)(?=\.|$)/, (word, y) =>
    y ? `${word.slice(0, -1)}ies` : `${word}s`);

export const resourceOf = ({kind}) => resources[kind];
export const nameOf = (object) => `${resourceOf(object)}/${object.metadata.name}`;
export const quoted = (object) => `${plural(resourceOf(object))} "${object.metadata.name}"`;
export const isOfKinds = (object, kinds) =>
    kinds.split(',').includes(plural(resourceOf(object)).split('.')[0]);

// --selector=a=b,c=d
export function selected(object, selector) {
  return selector.split(',').every((one) => {
    const [label, value] = one.split('=');
    return object.metadata.labels?.[label] === value;
  });
}

export function optionOf(args, name) {
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  return found?.slice(name.length + 3);
}
