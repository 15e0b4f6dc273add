/**
 * Adds the page's `<template id="late">` a moment after the page has loaded, as a tag manager
 * would, and locks scrolling in the way that the template's attributes name:
 * `data-html-class` and `data-body-class` add classes, `data-lock` sets the inline style.
 */
addEventListener("load", () => {
  setTimeout(() => {
    const template = document.querySelector("template#late");
    const { htmlClass, bodyClass, lock } = template.dataset;
    document.body.append(template.content.cloneNode(true));
    if (htmlClass) document.documentElement.classList.add(htmlClass);
    if (bodyClass) document.body.classList.add(bodyClass);
    if (lock !== undefined) {
      document.documentElement.style.overflow = "hidden";
      document.body.style.overflow = "hidden";
    }
    document.documentElement.dataset.late = "added";
  }, 120);
});
